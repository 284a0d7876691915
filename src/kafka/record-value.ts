import { DEFAULT_CONTENT_TYPE, isName, newFields, type Fields, type FieldValue } from '../core/index.js';
import { jsonMembers } from './json-members.js';

/** The fields of an event as the value of a record. */
export interface RecordValue {
  readonly value: Buffer;
  /** The names of those that stand in it as JSON strings, because they are no JSON themselves. */
  readonly text: readonly string[];
  /** The names of those that stand in it as base64. */
  readonly binary: readonly string[];
}

/** Writes fields as one JSON object; what the codec wrote as JSON is put in as it is. */
export function recordValue(fields: Fields, contentType: string): RecordValue {
  const text: string[] = [];
  const binary: string[] = [];
  let json = '';
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    json += `${json === '' ? '{' : ','}${JSON.stringify(name)}:`;
    if (typeof value !== 'string') {
      binary.push(name);
      json += `"${base64(value)}"`;
    } else if (contentType === DEFAULT_CONTENT_TYPE && isJson(value)) {
      json += value;
    } else {
      text.push(name);
      json += JSON.stringify(value);
    }
  }
  return { value: Buffer.from(json === '' ? '{}' : `${json}}`), text, binary };
}

/** Reads the fields out of a record's value; nothing when it is not what {@link recordValue} writes. */
export function fieldsOf(
  value: Buffer,
  { text, binary }: Omit<RecordValue, 'value'>,
  wanted: (name: string) => boolean,
): Fields | undefined {
  const members = jsonMembers(value.toString('utf8'));
  if (!members) return undefined;
  const fields = newFields();
  for (const [name, raw] of members) {
    if (!isName(name) || !wanted(name)) continue;
    const isBinary = binary.includes(name);
    const field = isBinary || text.includes(name) ? unwrapped(raw, isBinary) : raw;
    if (field === undefined) return undefined;
    fields[name] = field;
  }
  return fields;
}

function unwrapped(raw: string, isBinary: boolean): FieldValue | undefined {
  if (!isJson(raw)) return undefined;
  const value: unknown = JSON.parse(raw);
  if (typeof value !== 'string') return undefined;
  return isBinary ? Buffer.from(value, 'base64') : value;
}

function base64(value: Exclude<FieldValue, string>): string {
  if (!(value instanceof Uint8Array)) throw new TypeError('a reference to another store has no bytes');
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
