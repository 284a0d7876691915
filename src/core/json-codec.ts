import { isUtf8 } from 'node:buffer';
import type { Codec } from './codec.js';
import { encodable } from './json-encodable.js';
import { restored, undecodable } from './json-restored.js';

/**
 * The default codec: JSON, and in it `{"$bigint":"12"}` and `{"$bytes":"<base64>"}` for what JSON has no word for.
 *
 * What JSON would change in silence is refused: NaN, Infinity, an invalid Date, a Map, `undefined` in an array, ...
 * Three changes stay, because they are what everybody expects of JSON: a property that is `undefined` is left out,
 * `-0` comes back as `0`, and an object with `toJSON` comes back as what that returned. A lone surrogate in a text is
 * kept, as an escape.
 */
export const jsonCodec: Codec = Object.freeze({
  contentType: 'application/json',
  encode(value: unknown): string {
    if (typeof value === 'string') return JSON.stringify(value);
    if (value instanceof Date && !Number.isNaN(value.getTime())) return `"${value.toISOString()}"`;
    if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? '0' : String(value);
    return JSON.stringify(encodable(value));
  },
  decode(data: string | Uint8Array): unknown {
    const value = parsed(typeof data === 'string' ? data : textOf(data));
    return typeof value === 'object' && value !== null ? restored(value) : value;
  },
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the text, which may be personal data.
    throw undecodable('it is not JSON');
  }
}

function textOf(data: Uint8Array): string {
  if (!isUtf8(data)) throw undecodable('it is not UTF-8 text');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}
