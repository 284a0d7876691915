import {
  describeError,
  mayBePersonal,
  plainField,
  type Codec,
  type ContractDefinition,
  type Message,
  type Position,
  type ReadEvent,
} from '../core/index.js';

/** What is shown in place of a personal argument. */
export const HIDDEN = '[personal]';

/** An event as the command line shows it: plain JSON, as it was stored. */
export interface ShownEvent {
  readonly position: Position;
  /** When the server stored it, in ISO 8601. */
  readonly appendedAt: string;
  /** Why the entry is no event, or why its arguments cannot be read. */
  readonly unreadable?: string;
  readonly id?: string;
  readonly type?: string;
  readonly key?: string;
  /** When it was produced. */
  readonly time?: string;
  readonly source?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the fields hold; those in `hidden` are `[personal]`. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** The names of the personal fields that are not shown. */
  readonly hidden?: readonly string[];
  /** The names of the fields that were erased. */
  readonly erased?: readonly string[];
}

/** How events are shown. */
export interface Showing {
  readonly codec: Codec;
  /** What is known of the stream; where an event is not among it, the event itself says what is personal. */
  readonly contracts: readonly ContractDefinition[];
  /** Personal fields are shown, too. */
  readonly personal: boolean;
  /** These arguments only; all when absent. */
  readonly fields?: readonly string[] | undefined;
}

/** Turns an event that was read into what is shown of it. Never throws: what cannot be read says so. */
export function shownEvent({ position, appendedAt, message, malformed }: ReadEvent, how: Showing): ShownEvent {
  const place = { position, appendedAt: new Date(appendedAt).toISOString() };
  const unreadable = malformed && { unreadable: describeError(malformed) };
  if (!message) return { ...place, unreadable: 'the entry is no event', ...unreadable };
  const { id, source, type, time, key, correlationId, causationId, traceparent, tracestate } = message;
  const { contentType, headers, erased = [] } = message;
  const personal = how.personal ? new Set<string>() : personalFields(message, how);
  const fields = Object.entries(message.fields).filter(([field]) => isWanted(field, how.fields));
  return {
    ...place,
    ...unreadable,
    ...{ id, type, key, time: new Date(time).toISOString(), source, correlationId, causationId, traceparent },
    ...{ tracestate, contentType, headers },
    args: Object.fromEntries(
      fields.map(([field, value]) => [field, personal.has(field) ? HIDDEN : plainField(value, contentType, how.codec)]),
    ),
    hidden: fields.map(([field]) => field).filter((field) => personal.has(field)),
    erased,
  };
}

/** An argument with segments has several fields. */
function isWanted(field: string, wanted: Showing['fields']): boolean {
  return wanted?.some((name) => field === name || field.startsWith(`${name}.`)) ?? true;
}

/** What the event says is personal, and what its contract says: either may be newer. */
function personalFields({ type, personal, fields }: Message, { contracts }: Showing): ReadonlySet<string> {
  const known = Object.keys(fields).filter((field) => contracts.some((one) => mayBePersonal(one, type, field)));
  return new Set([...personal, ...known]);
}
