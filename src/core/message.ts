/** A field that lives in a payload store; the reader fetches it by this reference. */
export interface FieldReference {
  /** The name of the payload store that holds the value; of several that do, all names, joined by a plus sign. */
  readonly store: string;
  /** Its size in bytes, so that a reader can refuse it before fetching. */
  readonly size: number;
}

/** Stands between the names of several stores in a reference; no name holds it. */
export const STORES_JOINED_BY = '+';

/** One encoded argument: text or bytes as the codec gave it, or a reference to where it is kept. */
export type FieldValue = string | Uint8Array | FieldReference;

/** The encoded arguments of an event by field name; an `undefined` argument has no field. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** What travels with an event besides its arguments; the names follow CloudEvents 1.0 where it has one. */
export interface EventMetadata {
  /** Unique; appending the same id twice stores one event. */
  readonly id: string;
  /** The application that produced the event. */
  readonly source: string;
  /** Name and version, `orderPlaced.v1`. */
  readonly type: string;
  /** When it was produced, by the producer's clock: milliseconds since 1970. */
  readonly time: number;
  /** Events of one key keep their order. */
  readonly key: string;
  /** The id of the first event of the chain this one belongs to. */
  readonly correlationId: string;
  /** The id of the event whose handler produced this one. */
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** The content type of the fields, `application/json` by default. */
  readonly contentType: string;
  /** Free text pairs of the application. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An event on its way: metadata and encoded arguments. */
export interface Message extends EventMetadata {
  readonly fields: Fields;
  /** The names of the fields that hold personal data and must be kept where they can be erased. */
  readonly personal: readonly string[];
  /** Whose data a personal field holds, by field. On the way out only: no channel stores it. */
  readonly dataSubjects?: Readonly<Record<string, string>>;
  /** The names of the fields that were there and were erased. On the way in only. */
  readonly erased?: readonly string[];
}

/** The content type that is meant when a message names none. */
export const DEFAULT_CONTENT_TYPE = 'application/json';

/** Headers of a message that has none. */
export const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Fields are looked up by names from outside, so nothing may be inherited; an ordinary null-prototype object is slow. */
class FieldRecord {
  readonly [name: string]: FieldValue;
}
Object.setPrototypeOf(FieldRecord.prototype, null);

/** Makes an empty record of fields that inherits nothing. */
export function newFields(): Record<string, FieldValue> {
  return new FieldRecord();
}

/** Fields of an event that has none, or whose fields were not asked for. */
export const NO_FIELDS: Fields = Object.freeze(newFields());
