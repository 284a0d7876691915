import {
  describeError,
  Erased,
  isBackboneError,
  plainValue,
  upcastOf,
  type EventDefinition,
  type Message,
  type Position,
  type ReadEvent,
} from '../core/index.js';
import { checkContentType, metadataOf, type Decoding } from './past-event.js';

/** An event as plain JSON, for programs that show events or pass them on; also one whose type the contract does not know. */
export interface PlainEvent {
  readonly id: string;
  /** Name and version as it was stored, `orderPlaced.v1`. */
  readonly type: string;
  /** The contract's method; absent for a type that the contract does not know. */
  readonly name?: string;
  /** The newer version that `args` are those of, `orderPlaced.v2`; absent when they are as they were stored. */
  readonly readAs?: string;
  readonly key: string;
  readonly position: Position;
  /** When the server stored it, in ISO 8601. */
  readonly appendedAt: string;
  /** When it was produced, in ISO 8601. */
  readonly time: string;
  readonly source: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the fields hold, by their names, as it was encoded: dates are texts. An erased field is not among them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The names of the fields that were erased. */
  readonly erased: readonly string[];
  /** Why there are no `args`; absent when they could be read. */
  readonly unreadable?: string;
}

/**
 * Turns an event that was read into plain JSON; `definition` is what its type is read as. Never throws: what cannot be
 * read says so.
 */
export function plainEvent(
  definition: EventDefinition | undefined,
  { position, appendedAt, malformed }: ReadEvent,
  message: Message,
  decoding: Decoding,
): PlainEvent {
  const { time, ...metadata } = metadataOf(message);
  return {
    ...metadata,
    name: definition?.method,
    position,
    appendedAt: new Date(appendedAt).toISOString(),
    time: new Date(time).toISOString(),
    erased: message.erased ?? [],
    ...(malformed ? unreadable(malformed) : argsOf(definition, message, decoding)),
  };
}

function argsOf(
  definition: EventDefinition | undefined,
  message: Message,
  { codec, fields }: Decoding,
): Pick<PlainEvent, 'args' | 'unreadable'> & Partial<Pick<PlainEvent, 'readAs' | 'erased'>> {
  try {
    checkContentType(message, codec);
    const upcast = definition && upcastOf(definition, message, codec);
    if (upcast) {
      const wanted = [...upcast].filter(([field, { value }]) => value !== undefined && (fields?.has(field) ?? true));
      const there = wanted.filter(([, { value }]) => !(value instanceof Erased));
      const plain = there.map(([field, { value }]) => [field, plainValue(codec.encode(value), codec)]);
      const erased = [...upcast].flatMap(([field, { value }]) => (value instanceof Erased ? [field] : []));
      return { readAs: definition.type, erased, args: Object.fromEntries(plain) as PlainEvent['args'] };
    }
    const wanted = Object.entries(message.fields).filter(([field]) => fields?.has(field) ?? true);
    const plain = wanted.map(([field, value]) => {
      const isThere = typeof value === 'string' || value instanceof Uint8Array;
      return [field, isThere ? plainValue(value, codec) : undefined];
    });
    return { args: Object.fromEntries(plain) as PlainEvent['args'] };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): Pick<PlainEvent, 'args' | 'unreadable'> {
  // A foreign codec's message may quote the data.
  return { args: {}, unreadable: isBackboneError(error) ? describeError(error) : 'its fields cannot be decoded' };
}
