import type { Codec } from './codec.js';
import { describeError, isBackboneError } from './errors.js';
import { DEFAULT_CONTENT_TYPE, type FieldValue } from './message.js';

/**
 * Turns a stored field into plain JSON for people to look at: what was encoded, or `{ $unreadable: 'why' }`. Never throws,
 * and never quotes what cannot be read. With a codec of another content type it is whatever that has decoded.
 */
export function plainField(value: FieldValue, contentType: string, codec: Codec): unknown {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    return {
      $unreadable: `it is kept in the payload store "${value.store}" (${value.size} bytes), and was not fetched`,
    };
  }
  if (contentType !== codec.contentType) return { $unreadable: `it is ${contentType}` };
  try {
    return plainValue(value, codec);
  } catch (error) {
    // A foreign codec's message may quote the data.
    return { $unreadable: isBackboneError(error) ? describeError(error) : 'it cannot be decoded' };
  }
}

/**
 * Turns an encoded argument of the codec's content type into plain JSON.
 *
 * @throws what the codec throws.
 */
export function plainValue(value: string | Uint8Array, codec: Codec): unknown {
  const decoded = codec.decode(value);
  if (codec.contentType !== DEFAULT_CONTENT_TYPE) return decoded;
  // The codec has refused what is dangerous; what it makes of its own words, such as a bigint, is no JSON.
  return JSON.parse(typeof value === 'string' ? value : Buffer.from(value).toString('utf8')) as unknown;
}
