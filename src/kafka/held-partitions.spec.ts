import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeldPartitions, encodeHeldPartitions } from './held-partitions.js';

const held = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.boolean()))
  .map((entries) => new Map(entries));
const nothing = new Map();

describe('what a member tells of what it holds', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), held, (generation, all) => {
        expect(decodeHeldPartitions(encodeHeldPartitions({ generation, held: all }))).toEqual({
          generation,
          held: all,
        });
      }),
    );
  });

  it('is as long whatever is in hand', () => {
    const told = (inHand: boolean) =>
      encodeHeldPartitions({ generation: 7, held: new Map([[0, inHand], [3, inHand]]) }); // prettier-ignore
    expect(told(true)).toHaveLength(told(false).length);
    expect(told(true)).not.toEqual(told(false));
  });

  it('is nothing where it comes from somebody else, or in pieces', () => {
    expect(decodeHeldPartitions(null)).toEqual({ generation: -1, held: nothing });
    const whole = encodeHeldPartitions({ generation: 7, held: new Map([[0, true]]) });
    expect(decodeHeldPartitions(whole.subarray(0, -1)).held).toEqual(nothing);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeHeldPartitions(Buffer.from(bytes)).held).toEqual(nothing);
      }),
    );
  });
});
