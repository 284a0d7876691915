import {
  BackboneError,
  decodeArguments,
  type Codec,
  type EventDefinition,
  type EventMetadata,
  type Message,
  type Position,
  type ReadEvent,
} from '../core/index.js';

/** How the arguments of events that were read are decoded. */
export interface Decoding {
  readonly codec: Codec;
  /** These arguments only; all when absent. */
  readonly fields?: ReadonlySet<string>;
}

/** An event that was read from the past. Tell events apart by `name`; their `args` then have the types of the contract. */
export class PastEvent<Name extends string = string, Args = Readonly<Record<string, unknown>>> {
  /** The contract's method. */
  readonly name: Name;
  readonly position: Position;
  /** When the server stored it, by the server's clock. */
  readonly appendedAt: Date;
  readonly #event: EventDefinition;
  readonly #message: Message;
  readonly #malformed: BackboneError | undefined;
  readonly #decoding: Decoding;
  #args: Args | undefined;

  constructor(event: EventDefinition, { position, appendedAt, malformed }: ReadEvent, message: Message, how: Decoding) {
    this.name = event.method as Name;
    this.position = position;
    this.appendedAt = new Date(appendedAt);
    this.#event = event;
    this.#message = message;
    this.#malformed = malformed;
    this.#decoding = how;
  }

  get id(): string {
    return this.#message.id;
  }

  /** Name and version as it was stored, `orderPlaced.v1`: `args` are those of the version that it is read as. */
  get type(): string {
    return this.#message.type;
  }

  /** The ordering key. */
  get key(): string {
    return this.#message.key;
  }

  /** Everything that travelled with the event besides its arguments. */
  get metadata(): EventMetadata {
    return metadataOf(this.#message);
  }

  /** The names of the fields that were erased. Their arguments are `ERASED`, whatever type the contract gives them. */
  get erased(): readonly string[] {
    return this.#message.erased ?? NOTHING;
  }

  /**
   * The arguments by the names that the contract method returns them under, decoded on first use.
   *
   * @throws BackboneError `EB_UNDECODABLE`, or why the event cannot be read: `EB_FIELDS_LOST`, `EB_TAMPERED`, ...
   */
  get args(): Args {
    return (this.#args ??= this.#decoded());
  }

  #decoded(): Args {
    if (this.#malformed) throw this.#malformed;
    const { codec, fields } = this.#decoding;
    checkContentType(this.#message, codec);
    const values = decodeArguments(this.#event, this.#message, codec);
    const named = this.#event.arguments.map(({ field }, i) => [field, values[i]] as const);
    return Object.fromEntries(fields ? named.filter(([field]) => fields.has(field)) : named) as Args;
  }
}

/** Returns what travelled with an event besides its arguments. */
export function metadataOf(message: Message): EventMetadata {
  const { id, source, type, time, key, correlationId, causationId, traceparent, tracestate } = message;
  const { contentType, headers } = message;
  return { id, source, type, time, key, correlationId, causationId, traceparent, tracestate, contentType, headers };
}

/**
 * Refuses arguments that are not written in what the codec reads.
 *
 * @throws BackboneError `EB_UNDECODABLE`
 */
export function checkContentType({ type, contentType }: EventMetadata, codec: Codec): void {
  if (contentType === codec.contentType) return;
  const message = `the arguments of ${type} are ${contentType}, this reader reads ${codec.contentType}; give it that codec`;
  throw new BackboneError('EB_UNDECODABLE', message, { details: { path: 'datacontenttype' } });
}

const NOTHING: readonly string[] = Object.freeze([]);
