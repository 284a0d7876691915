import {
  DEFAULT_CONTENT_TYPE,
  isName,
  newFields,
  type FieldReference,
  type Fields,
  type FieldValue,
} from '../core/index.js';
import { jsonMembers } from './json-members.js';

/** The names of the fields that are more than the JSON which stands in a record's value. */
export interface FieldLists {
  /** Those that stand in it as JSON strings, because they are no JSON themselves. */
  readonly text: readonly string[];
  /** Those that stand in it as base64. */
  readonly binary: readonly string[];
  /** Those whose values are elsewhere: in it stand the references. */
  readonly refs: readonly string[];
}

/** The fields of an event as the value of a record. */
export interface RecordValue extends FieldLists {
  readonly value: Buffer;
  /** The names of those that are not in it, but in a payload store. */
  readonly stored?: readonly string[];
}

/** Says whether a field is to be read. */
export type WantedField = (name: string) => boolean;

/** All fields are just JSON. */
export const JSON_ONLY: FieldLists = Object.freeze({ text: [], binary: [], refs: [] });

/** Writes fields as one JSON object; what the codec wrote as JSON is put in as it is. */
export function recordValue(fields: Fields, contentType: string): RecordValue {
  const text: string[] = [];
  const binary: string[] = [];
  const refs: string[] = [];
  let json = '';
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    json += `${json === '' ? '{' : ','}${isName(name) ? `"${name}"` : JSON.stringify(name)}:`;
    if (value instanceof Uint8Array) {
      binary.push(name);
      json += `"${base64(value)}"`;
    } else if (typeof value !== 'string') {
      refs.push(name);
      json += JSON.stringify({ store: value.store, size: value.size });
    } else if (contentType === DEFAULT_CONTENT_TYPE && isJson(value)) {
      json += value;
    } else {
      text.push(name);
      json += JSON.stringify(value);
    }
  }
  return { value: Buffer.from(json === '' ? '{}' : `${json}}`), text, binary, refs };
}

/** Reads the fields out of a record's value, all or those that are wanted; nothing when it is not what {@link recordValue} writes. */
export function fieldsOf(value: Buffer, lists: FieldLists, isWanted?: WantedField): Fields | undefined {
  const members = jsonMembers(value.toString('utf8'));
  if (!members || (lists === JSON_ONLY && !isWanted)) return members;
  if (lists.refs.some((name) => members[name] === undefined)) return undefined;
  const fields = newFields();
  for (const name in members) {
    const raw = members[name];
    if (raw === undefined || isWanted?.(name) === false) continue;
    const field = fieldOf(raw, name, lists);
    if (field === undefined) return undefined;
    fields[name] = field;
  }
  return fields;
}

/** Whether something is a reference that a record can hold, and that was not made up by halves. */
export function isReference(value: unknown): value is FieldReference {
  if (typeof value !== 'object' || value === null || !('store' in value) || !('size' in value)) return false;
  const { store, size } = value;
  return typeof store === 'string' && store !== '' && Number.isSafeInteger(size) && Number(size) >= 0;
}

function fieldOf(raw: string, name: string, { text, binary, refs }: FieldLists): FieldValue | undefined {
  const isReferred = refs.includes(name);
  const isBinary = binary.includes(name);
  if (!isReferred && !isBinary && !text.includes(name)) return raw;
  if (!isJson(raw)) return undefined;
  const value: unknown = JSON.parse(raw);
  if (isReferred) return isReference(value) ? { store: value.store, size: value.size } : undefined;
  if (typeof value !== 'string') return undefined;
  return isBinary ? Buffer.from(value, 'base64') : value;
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
