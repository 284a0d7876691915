import { BackboneError, isName } from '../core/index.js';

/** One value in the document of its event: base64, and until when it is there. */
export interface StoredField {
  readonly value: string;
  /** Milliseconds since 1970; absent when it stays. */
  readonly until?: number;
}

/** The values of one event by field. */
export type StoredFields = Map<string, StoredField>;

/** The largest document that the server takes. */
const MAX_BYTES = 20 * 2 ** 20;
// What a field takes besides its name and its value, and a document besides its fields.
const BYTES_AROUND = 64;
const OFFSET_UP_TO_S = 30 * 24 * 3_600;
const LATEST_S = 2 ** 32 - 1;

/**
 * Reads a document.
 *
 * @throws BackboneError `EB_CHANNEL` when it is none of a payload store.
 */
export function fieldsIn(content: unknown): StoredFields {
  const fields: unknown = isRecord(content) ? content['fields'] : undefined;
  if (!isRecord(fields)) throw foreign();
  return new Map(
    Object.entries(fields).map(([name, field]) => {
      if (!isName(name) || !isRecord(field) || typeof field['value'] !== 'string') throw foreign();
      const { value, until } = field;
      return [name, { value, ...(typeof until === 'number' && { until }) }];
    }),
  );
}

/**
 * Makes the document of an event.
 *
 * @throws BackboneError `EB_TOO_LARGE`
 */
export function documentOf(fields: StoredFields): object {
  let size = BYTES_AROUND;
  for (const [name, { value }] of fields) size += name.length + value.length + BYTES_AROUND;
  if (size > MAX_BYTES) {
    throw new BackboneError(
      'EB_TOO_LARGE',
      `the fields of an event are ${size} bytes in Couchbase, and a document may be ${MAX_BYTES}; keep some elsewhere`,
      { details: { size, limit: MAX_BYTES } },
    );
  }
  return { fields: Object.fromEntries(fields) };
}

/** Forgets the fields whose time is over; returns whether there were any. */
export function dropOld(fields: StoredFields): boolean {
  const before = fields.size;
  const now = Date.now();
  for (const [name, { until }] of fields) if (until !== undefined && until <= now) fields.delete(name);
  return fields.size < before;
}

/**
 * When the server may remove the document, as the SDK wants to be told: seconds from now, and a date from 30 days on, which
 * an SDK that would take the number for a date refuses. Zero when a field stays.
 */
export function expiryOf(fields: StoredFields): number | Date {
  let until = 0;
  for (const field of fields.values()) until = Math.max(until, field.until ?? Infinity);
  const at = Math.ceil(until / 1_000);
  if (at > LATEST_S) return 0;
  const offset = Math.max(1, at - Math.floor(Date.now() / 1_000));
  return offset < OFFSET_UP_TO_S ? offset : new Date(at * 1_000);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function foreign(): BackboneError {
  const message = 'a document is none of this payload store; give the store a collection or a prefix of its own';
  return new BackboneError('EB_CHANNEL', message);
}
