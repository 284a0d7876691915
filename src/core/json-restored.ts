import { BackboneError } from './errors.js';
import { BIGINT, BYTES, MAX_DEPTH } from './json-words.js';
import { isForbiddenProperty } from './names.js';

/**
 * Turns the codec's own objects in parsed JSON back into what they stand for, in place.
 *
 * @throws BackboneError `EB_UNDECODABLE` for dangerous property names, depth, and what the codec never wrote.
 */
export function restored(value: object, depth = 0): unknown {
  if (depth >= MAX_DEPTH) throw undecodable(`the JSON is nested deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    restoreItems(value, depth);
    return value;
  }
  const holder = value as Record<string, unknown>;
  for (const name in holder) {
    if (isForbiddenProperty(name)) {
      throw undecodable(`the JSON holds the property "${name}", which could reach a prototype`);
    }
    const inner = holder[name];
    if (typeof inner === 'string') {
      if ((name === BIGINT || name === BYTES) && Object.keys(holder).length === 1) return word(name, inner);
    } else if (typeof inner === 'object' && inner !== null) {
      const kept = restored(inner, depth + 1);
      if (kept !== inner) holder[name] = kept;
    }
  }
  return value;
}

/** The error of data that this codec cannot have written; it never quotes the data. */
export function undecodable(why: string): BackboneError {
  return new BackboneError('EB_UNDECODABLE', why);
}

function restoreItems(items: unknown[], depth: number): void {
  for (let i = 0; i < items.length; i += 1) {
    const inner = items[i];
    if (typeof inner !== 'object' || inner === null) continue;
    const kept = restored(inner, depth + 1);
    if (kept !== inner) items[i] = kept;
  }
}

function word(name: string, text: string): unknown {
  if (name === BIGINT) {
    if (!/^-?\d+$/.test(text)) throw undecodable(`a "${BIGINT}" holds no whole number`);
    return BigInt(text);
  }
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw undecodable(`a "${BYTES}" holds no base64`);
  return Buffer.from(text, 'base64');
}
