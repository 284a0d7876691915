import {
  BackboneError,
  DEFAULT_CONTENT_TYPE,
  isName,
  newFields,
  NO_FIELDS,
  NO_HEADERS,
  type Delivery,
  type Fields,
  type Message,
  type Position,
} from '../core/index.js';
import type { KafkaRecord, StoredRecord } from './kafka-driver.js';
import {
  fieldsOf,
  isReference,
  JSON_ONLY,
  recordValue,
  type FieldLists,
  type RecordValue,
  type WantedField,
} from './record-value.js';
import { SharedBytes } from './shared-bytes.js';
import { SharedTexts } from './shared-texts.js';

/** Marks a copy that was put back for one group; others pass it by. */
export const REDRIVE_HEADER = 'ce_redrivegroup';

const HEADER_PREFIX = 'x-';
const NO_VALUE = Buffer.from('{}');
const SPEC_VERSION = Buffer.from('1.0');
const JSON_TYPE = Buffer.from(DEFAULT_CONTENT_TYPE);
const NO_NAMES: readonly string[] = Object.freeze([]);

/** Where the fields of an event are. */
export type PayloadPlace = 'record' | 'store';

/** An event read from a record; its fields may have to be fetched. */
export interface EventRead {
  readonly delivery: Delivery & {
    message?: Message & { fields: Fields; erased?: readonly string[] };
    malformed?: BackboneError;
    fieldsOmitted?: boolean;
    replayed?: boolean;
  };
  /** The names of the fields that are in the payload store. */
  readonly inStore: readonly string[];
  readonly binary: readonly string[];
}

/**
 * Writes an event as a CloudEvent in Kafka's binary mode. Nothing of the message is shared with the record. Each header
 * costs its writer and every reader about as much as all fields together: what the rest of the record says is left out.
 */
export function eventRecord(
  message: Message,
  place: PayloadPlace,
  shared = new SharedBytes(),
): Omit<KafkaRecord, 'partition'> {
  const isInRecord = place === 'record';
  const { value, text, binary, refs, stored } = isInRecord
    ? recordValue(message.fields, message.contentType)
    : inStore(message.fields);
  const id = Buffer.from(message.id);
  const headers: Record<string, Buffer> = {
    ce_specversion: SPEC_VERSION,
    ce_id: id,
    ce_source: shared.text(message.source),
    ce_type: shared.text(message.type),
    ce_time: shared.time(message.time),
    'content-type': JSON_TYPE,
  };
  const put = (name: string, content: string | undefined): void => {
    if (content !== undefined && content !== '') headers[name] = Buffer.from(content);
  };
  const putNames = (name: string, names: readonly string[] = NO_NAMES): void => {
    if (names.length > 0) headers[name] = Buffer.from(names.join(','));
  };
  if (message.correlationId !== message.id) put('ce_correlationid', message.correlationId);
  put('ce_causationid', message.causationId);
  put('ce_traceparent', message.traceparent);
  put('ce_tracestate', message.tracestate);
  if (message.contentType !== DEFAULT_CONTENT_TYPE) put('ce_fieldcontenttype', message.contentType);
  if (!isInRecord) put('ce_dataref', `payload:${message.id}`);
  putNames('ce_fields', stored);
  putNames('ce_personal', message.personal);
  putNames('ce_text', text);
  putNames('ce_binary', binary);
  putNames('ce_refs', refs);
  for (const name of Object.keys(message.headers)) {
    headers[`${HEADER_PREFIX}${name}`] = Buffer.from(message.headers[name] ?? '');
  }
  return { key: message.key === message.id ? id : Buffer.from(message.key), value, headers };
}

/** Whether a group, or a reader without one, passes a record by: a tombstone, or another group's copy. */
export function isPassedBy({ value, headers }: Pick<StoredRecord, 'value' | 'headers'>, group?: string): boolean {
  if (value === null) return true;
  const redrivenFor = headers[REDRIVE_HEADER]?.toString();
  return redrivenFor !== undefined && redrivenFor !== group;
}

/**
 * Reads an event; `isWanted` says which fields, all when absent. Never throws: a record that cannot be read says so in
 * `malformed`.
 */
export function readEvent(record: StoredRecord, isWanted?: WantedField, shared = new SharedTexts()): EventRead {
  const { headers, key } = record;
  const idBytes = headers['ce_id'];
  const id = idBytes?.toString();
  const type = sharedText(headers['ce_type'], shared);
  const time = headers['ce_time'] === undefined ? NaN : shared.time(headers['ce_time']);
  // Keys of the payload store are made from the id: only a name may become one.
  if (id === undefined || !isName(id)) return unreadable(record, 'the record has no valid event id (ce_id)');
  if (type === undefined || type === '') return unreadable(record, 'the record has no event type (ce_type)');
  if (Number.isNaN(time)) return unreadable(record, 'the record has no valid time (ce_time)');
  const isInStore = headers['ce_dataref'] !== undefined;
  const lists = listsOf(headers);
  const fields = isInStore
    ? referencesOf(record, lists, isWanted)
    : fieldsOf(record.value ?? NO_VALUE, lists, isWanted);
  if (!fields) return unreadable(record, 'the value of the record is not a JSON object of fields');
  const message: NonNullable<EventRead['delivery']['message']> = {
    id,
    source: sharedText(headers['ce_source'], shared) ?? '',
    type,
    time,
    key:
      headers['ce_partitionkey']?.toString() ?? (key === null || idBytes?.equals(key) === true ? id : key.toString()),
    correlationId: headers['ce_correlationid']?.toString() ?? id,
    causationId: headers['ce_causationid']?.toString(),
    traceparent: headers['ce_traceparent']?.toString(),
    tracestate: headers['ce_tracestate']?.toString(),
    contentType: sharedText(headers['ce_fieldcontenttype'], shared) ?? DEFAULT_CONTENT_TYPE,
    headers: applicationHeaders(headers),
    fields,
    personal: names(headers['ce_personal']),
  };
  return {
    delivery: { position: positionOf(record), appendedAt: record.timestamp, deliveries: 1, message },
    inStore: isInStore ? names(headers['ce_fields']).filter((name) => isWanted?.(name) !== false) : NO_NAMES,
    binary: lists.binary,
  };
}

function unreadable(record: StoredRecord, why: string): EventRead {
  const malformed = new BackboneError('EB_MALFORMED', why);
  return {
    delivery: { position: positionOf(record), appendedAt: record.timestamp, deliveries: 1, malformed },
    inStore: NO_NAMES,
    binary: NO_NAMES,
  };
}

function positionOf({ partition, offset }: StoredRecord): Position {
  return { partition, id: String(offset) };
}

function sharedText(header: Buffer | undefined, shared: SharedTexts): string | undefined {
  return header === undefined ? undefined : shared.text(header);
}

/** Nearly always there is nothing to list. */
function listsOf({ ce_text: text, ce_binary: binary, ce_refs: refs }: StoredRecord['headers']): FieldLists {
  if ((text ?? binary ?? refs) === undefined) return JSON_ONLY;
  return { text: names(text), binary: names(binary), refs: names(refs) };
}

/** The fields that a record holds where they are in a payload store: references to other stores. */
function referencesOf(
  { value }: StoredRecord,
  lists: FieldLists,
  isWanted: WantedField | undefined,
): Fields | undefined {
  if (lists.refs.length === 0) return NO_FIELDS;
  const isWantedReference = (name: string) => lists.refs.includes(name) && isWanted?.(name) !== false;
  return fieldsOf(value ?? NO_VALUE, lists, isWantedReference);
}

function names(header: Buffer | undefined): readonly string[] {
  return header === undefined ? NO_NAMES : header.toString().split(',').filter(isName);
}

/** What a record holds where fields are in a payload store: their names, and references to other stores. */
function inStore(fields: Fields): RecordValue {
  const stored: string[] = [];
  const binary: string[] = [];
  const references = newFields();
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (isReference(value)) references[name] = value;
    else stored.push(name);
    if (value instanceof Uint8Array) binary.push(name);
  }
  return { ...recordValue(references, DEFAULT_CONTENT_TYPE), binary, stored };
}

function applicationHeaders(headers: StoredRecord['headers']): Readonly<Record<string, string>> {
  let own: Record<string, string> | undefined;
  for (const name in headers) {
    if (!name.startsWith(HEADER_PREFIX)) continue;
    const short = name.slice(HEADER_PREFIX.length);
    if (!isName(short)) continue;
    own ??= Object.create(null) as Record<string, string>;
    own[short] = headers[name]?.toString() ?? '';
  }
  return own ?? NO_HEADERS;
}
