import {
  BackboneError,
  DEFAULT_CONTENT_TYPE,
  isName,
  NO_FIELDS,
  NO_HEADERS,
  type DeliveryPast,
  type Fields,
  type Message,
  type Position,
} from '../core/index.js';
import { ENTRY_FIELD, MAX_ENTRY_LENGTH, type StoredFields } from './entry-format.js';

/** A stream entry as the server gives it: its id and a flat list of names and values. */
export type Entry = readonly [id: string, fields: readonly string[]];

/** A delivery while it is being made; filled in place, because copies of it would cost more than reading it. */
export interface ReadRecord {
  readonly position: Position;
  readonly appendedAt: number;
  deliveries: number;
  past: DeliveryPast | undefined;
  message:
    (Message & { fields: Fields; personal: readonly string[]; erased: readonly string[] | undefined }) | undefined;
  malformed: BackboneError | undefined;
  fieldsOmitted: boolean;
  replayed: boolean | undefined;
}

/** A stream entry taken apart; without a message it was unreadable. */
export interface EntryRecord {
  readonly delivery: ReadRecord;
  readonly stored: StoredFields;
}

const NO_NAMES: readonly string[] = Object.freeze([]);
const NOTHING: StoredFields = Object.freeze({ plain: 0, personal: 0, large: false, binary: NO_NAMES, refs: NO_NAMES });

/** Reads a stream entry. Never throws: an entry that cannot be read says so in `malformed`. */
export function readEntry([id, entry]: Entry, deliveries: number, partition = 0): EntryRecord {
  const json = entry[0] === ENTRY_FIELD ? entry[1] : fieldOf(entry, ENTRY_FIELD);
  const known = json === undefined ? foreign(entry) : parsed(json);
  const delivery: ReadRecord = {
    position: { partition, id },
    appendedAt: Number(id.slice(0, id.indexOf('-'))),
    deliveries,
    past: undefined,
    message: undefined,
    malformed: undefined,
    fieldsOmitted: false,
    replayed: undefined,
  };
  if (typeof known === 'string') return malformed(delivery, known);
  const { id: eventId, type } = known;
  const time = typeof known.time === 'string' ? Date.parse(known.time) : NaN;
  // The hashes' keys are made from the id: only a name may become one.
  if (typeof eventId !== 'string' || !isName(eventId)) return malformed(delivery, 'the entry has no valid event id');
  if (typeof type !== 'string' || type === '') return malformed(delivery, 'the entry has no event type');
  if (Number.isNaN(time)) return malformed(delivery, 'the entry has no valid time');
  delivery.message = {
    id: eventId,
    source: text(known.source) ?? '',
    type,
    time,
    key: text(known.partitionkey) ?? eventId,
    correlationId: text(known.correlationid) ?? eventId,
    causationId: text(known.causationid),
    traceparent: text(known.traceparent),
    tracestate: text(known.tracestate),
    contentType: text(known.datacontenttype) ?? DEFAULT_CONTENT_TYPE,
    headers: known.headers === undefined ? NO_HEADERS : headersOf(known.headers),
    fields: NO_FIELDS,
    personal: NO_NAMES,
    erased: undefined,
  };
  const stored: StoredFields = {
    plain: count(known.fields),
    personal: count(known.personal),
    large: known.large === true,
    binary: namesIn(known.binary),
    refs: namesIn(known.refs),
  };
  return { delivery, stored };
}

/** The entry's JSON as it may be: nothing about its properties is known yet. */
type Parsed = Readonly<
  Partial<
    Record<
      | 'id'
      | 'source'
      | 'type'
      | 'time'
      | 'fields'
      | 'personal'
      | 'large'
      | 'binary'
      | 'refs'
      | 'partitionkey'
      | 'correlationid'
      | 'causationid'
      | 'traceparent'
      | 'tracestate'
      | 'datacontenttype'
      | 'headers',
      unknown
    >
  >
>;

function parsed(json: string): Parsed | string {
  if (json.length > MAX_ENTRY_LENGTH) return `the entry is longer than ${MAX_ENTRY_LENGTH} characters`;
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : 'the entry is not a JSON object';
  } catch {
    return 'the entry is not JSON';
  }
}

function malformed(delivery: ReadRecord, why: string): EntryRecord {
  delivery.malformed = new BackboneError('EB_MALFORMED', why);
  return { delivery, stored: NOTHING };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : NO_NAMES;
}

function fieldOf(entry: readonly string[], name: string): string | undefined {
  const at = entry.findIndex((text, i) => i % 2 === 0 && text === name);
  return at < 0 ? undefined : entry[at + 1];
}

function foreign(entry: readonly string[]): string {
  const version = entry.find((name, i) => i % 2 === 0 && /^eb\d{1,6}$/.test(name));
  if (version === undefined) return 'the entry was not written by this library';
  return `the entry is of wire format ${version}, this build reads ${ENTRY_FIELD}`;
}

function headersOf(value: unknown): Readonly<Record<string, string>> {
  const headers = Object.create(null) as Record<string, string>;
  if (typeof value !== 'object' || value === null) return headers;
  for (const [name, text] of Object.entries(value)) if (isName(name) && typeof text === 'string') headers[name] = text;
  return headers;
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
