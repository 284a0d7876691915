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
 * A value that is text comes as text, any other as bytes; a hash that the script did not want to carry as nothing.
 */
export function unpackHashes(lengths: Buffer, data: Buffer): readonly (Hash | undefined)[] {
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
  const hashes: (Hash | undefined)[] = [];
  while (next < numbers.length && numbers[next] !== '') {
    const shape = Number(numbers[next++]);
    if (shape < 0) {
      hashes.push(undefined);
      continue;
    }
    const names = shapes[shape] ?? [];
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

/** Makes a hash of a list of names and values in turn. */
export function flatHash(list: readonly Buffer[]): Hash {
  const names: string[] = [];
  const values: FieldValue[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    names.push((list[i] as Buffer).toString());
    values.push(textOrBytes(list[i + 1] as Buffer));
  }
  return { names, values };
}

/** Bytes that are no valid text must stay bytes. */
export function textOrBytes(value: Buffer): FieldValue {
  return isUtf8(value) ? value.toString('utf8') : value;
}
