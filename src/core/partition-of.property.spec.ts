import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partition-of.js';

describe('the partition of any key', () => {
  it('is one of those there are, and always the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 100_000 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
        expect(partitionOf(key, partitions)).toBe(partition);
      }),
      { numRuns: 1_000 },
    );
  });

  it('comes from a hash of 32 bits with a sign, wherever the bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(9), (bytes, shift) => {
        const hash = murmur2(bytes);
        expect(hash).toBe(hash | 0);
        const whole = new Uint8Array(bytes.length + shift + 3).fill(0xa5);
        whole.set(bytes, shift);
        expect(murmur2(whole.subarray(shift, shift + bytes.length))).toBe(hash);
      }),
      { numRuns: 1_000 },
    );
  });
});
