import {
  BackboneError,
  DEFAULT_CONTENT_TYPE,
  newFields,
  NO_FIELDS,
  NO_HEADERS,
  type FieldValue,
  type Message,
} from '../core/index.js';
import { storedText, textOf } from './stored-text.js';

/** An event as the append function takes it. */
export interface EventInput {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly time: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly personal: Readonly<Record<string, unknown>> | null;
}

/** The columns of an event as statements select them, all as text. */
export interface EventRow {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly time: string;
  readonly appended_at: string;
  readonly metadata: string;
  /** Absent when they were not asked for. */
  readonly fields: string | null;
  readonly personal: string | null;
}

// An index holds no longer ones.
const LONGEST_NAME_BYTES = 1_024;

/**
 * Puts a message into columns.
 *
 * @throws BackboneError `EB_ARGUMENT` for an id, type or key that no column can hold, `EB_TOO_LARGE` for one that is too long.
 */
export function eventInput(message: Message): EventInput {
  const { id, type, key, time, source, correlationId, causationId, traceparent, tracestate, contentType } = message;
  for (const [path, text] of Object.entries({ id, type, key })) checkColumn(path, text);
  // Without a prototype, so that a field may have any name.
  const fields = Object.create(null) as Record<string, unknown>;
  const personal = Object.create(null) as Record<string, unknown>;
  const isPersonal = new Set(message.personal);
  for (const [name, value] of Object.entries(message.fields)) {
    (isPersonal.has(name) ? personal : fields)[name] = storedValue(value);
  }
  const headers = Object.entries(message.headers);
  const metadata = {
    source: storedText(source),
    correlationid: correlationId === id ? undefined : storedText(correlationId),
    causationid: causationId === undefined ? undefined : storedText(causationId),
    traceparent,
    tracestate,
    datacontenttype: contentType === DEFAULT_CONTENT_TYPE ? undefined : contentType,
    headers:
      headers.length === 0 ? undefined : Object.fromEntries(headers.map(([name, text]) => [name, storedText(text)])),
  };
  return { id, type, key, time, metadata, fields, personal: isPersonal.size === 0 ? null : personal };
}

/** Reads an event's columns; what was erased is not among its fields, and known by name. */
export function messageOf(row: EventRow): Message {
  const metadata = jsonOf(row.metadata);
  const text = (name: string) => textOf(metadata[name]);
  const personal = jsonOf(row.personal);
  const fields = newFields();
  const erased: string[] = [];
  for (const stored of [jsonOf(row.fields), personal]) {
    for (const name of Object.keys(stored)) {
      // What was erased has left its name, with null in place of its value.
      if (stored[name] === null) erased.push(name);
      else fields[name] = fieldValue(stored[name]);
    }
  }
  return {
    id: row.id,
    source: text('source') ?? '',
    type: row.type,
    time: Number(row.time),
    key: row.key,
    correlationId: text('correlationid') ?? row.id,
    causationId: text('causationid'),
    traceparent: text('traceparent'),
    tracestate: text('tracestate'),
    contentType: text('datacontenttype') ?? DEFAULT_CONTENT_TYPE,
    headers: headersOf(metadata['headers']),
    fields: row.fields === null ? NO_FIELDS : fields,
    personal: Object.keys(personal),
    ...(erased.length > 0 && { erased }),
  };
}

function jsonOf(column: string | null): Readonly<Record<string, unknown>> {
  return column === null ? {} : (JSON.parse(column) as Readonly<Record<string, unknown>>);
}

function storedValue(value: FieldValue): unknown {
  if (typeof value === 'string') return storedText(value);
  if (value instanceof Uint8Array) {
    return { $base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  return { $store: value.store, size: value.size };
}

/** What is no text was written by hand: it stands for its own JSON. */
function fieldValue(stored: unknown): FieldValue {
  const text = textOf(stored);
  if (text !== undefined) return text;
  if (typeof stored === 'object' && stored !== null) {
    if ('$base64' in stored && typeof stored.$base64 === 'string') return Buffer.from(stored.$base64, 'base64');
    if ('$store' in stored && typeof stored.$store === 'string' && 'size' in stored) {
      return { store: stored.$store, size: Number(stored.size) };
    }
  }
  return JSON.stringify(stored);
}

function headersOf(stored: unknown): Message['headers'] {
  if (typeof stored !== 'object' || stored === null) return NO_HEADERS;
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(stored)) {
    const text = textOf(value);
    if (text !== undefined) headers[name] = text;
  }
  return headers;
}

function checkColumn(path: string, text: string): void {
  if (text.includes('\0')) {
    throw new BackboneError(
      'EB_ARGUMENT',
      `the event's ${path} holds a NUL, which PostgreSQL cannot store; leave it out`,
      {
        details: { path },
      },
    );
  }
  const size = Buffer.byteLength(text);
  if (size <= LONGEST_NAME_BYTES) return;
  const message = `the event's ${path} is ${size} bytes, the limit is ${LONGEST_NAME_BYTES}; use a shorter one`;
  throw new BackboneError('EB_TOO_LARGE', message, { details: { path, size, limit: LONGEST_NAME_BYTES } });
}
