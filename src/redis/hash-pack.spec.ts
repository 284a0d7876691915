import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOrBytes, unpackHashes } from './hash-pack.js';

describe('packed hashes', () => {
  it('come out as they went in: text as text, other bytes as bytes', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()).map((given) => Buffer.from(given));
    const hash = fc.dictionary(fc.string({ unit: 'grapheme' }), value).map((record) => Object.entries(record));
    fc.assert(
      fc.property(fc.array(hash), (hashes) => {
        expect(unpackHashes(...packed(hashes))).toEqual(
          hashes.map((entries) => ({
            names: entries.map(([name]) => name),
            values: entries.map(([, bytes]) => textOrBytes(bytes)),
          })),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('are none where nothing was asked for', () => {
    expect(unpackHashes(...packed([]))).toEqual([]);
  });
});

/** As the fetch script does it. */
function packed(hashes: readonly (readonly [string, Buffer])[][]): [Buffer, Buffer] {
  const shapes = new Map<string, number>();
  const numbers: number[] = [];
  const lengths: number[] = [];
  const names: Buffer[] = [];
  const values: Buffer[] = [];
  for (const hash of hashes) {
    const id = JSON.stringify(hash.map(([name]) => name));
    if (!shapes.has(id)) {
      shapes.set(id, shapes.size);
      const own = hash.map(([name]) => Buffer.from(name));
      numbers.push(own.length, ...own.map(({ length }) => length));
      names.push(...own);
    }
    lengths.push(shapes.get(id) ?? 0, ...hash.map(([, { length }]) => length));
    values.push(...hash.map(([, bytes]) => bytes));
  }
  const line = `${[...numbers, -1].join(' ')} ${lengths.join(' ')}`;
  return [Buffer.from(line), Buffer.concat([...names, ...values])];
}
