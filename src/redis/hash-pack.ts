import { isAscii, isUtf8 } from 'node:buffer';
import type { FieldValue } from '../core/index.js';

/** One hash: its field names and its values in the same order. */
export interface Hash {
  readonly names: readonly string[];
  readonly values: readonly FieldValue[];
}

/** A hash that is not there. */
export const NO_HASH: Hash = Object.freeze({ names: [], values: [] });

/**
 * Takes apart what the fetch script returns: a line of lengths, and all names and values without separators.
 * A value that is text comes as text, any other as bytes.
 */
export function unpackHashes(lengths: Buffer, data: Buffer): readonly Hash[] {
  const numbers = lengths.toString('latin1').split(' ');
  const ascii = isAscii(data);
  const shapes: (readonly string[])[] = [];
  let at = 0;
  let next = 0;
  for (let count = Number(numbers[next++]); count >= 0; count = Number(numbers[next++])) {
    const names: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const end = at + Number(numbers[next++]);
      names.push(data.toString('utf8', at, end));
      at = end;
    }
    shapes.push(names);
  }
  const hashes: Hash[] = [];
  while (next < numbers.length && numbers[next] !== '') {
    const names = shapes[Number(numbers[next++])] ?? [];
    const values: FieldValue[] = [];
    for (let i = 0; i < names.length; i += 1) {
      const end = at + Number(numbers[next++]);
      values.push(ascii ? data.toString('latin1', at, end) : textOrBytes(data.subarray(at, end)));
      at = end;
    }
    hashes.push({ names, values });
  }
  return hashes;
}

/** Bytes that are no valid text must stay bytes. */
export function textOrBytes(value: Buffer): FieldValue {
  return isUtf8(value) ? value.toString('utf8') : value;
}
