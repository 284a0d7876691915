import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partition-of.js';

// Those that Kafka's own tests have.
const VECTORS: readonly (readonly [text: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('the partition of a key', () => {
  it.each(VECTORS)('is found by the hash that Kafka has for "%s"', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
    expect(partitionOf(text, 7)).toBe((hash & 0x7fffffff) % 7);
  });

  it('is always the same one and one of those there are, for any text', () => {
    for (const key of ['', 'ä', '€uro', '😀', 'a'.repeat(10_000), '\u0000']) {
      for (const partitions of [1, 2, 16, 1_024]) {
        const partition = partitionOf(key, partitions);
        expect(partition).toBe(partitionOf(key, partitions));
        expect(partition >= 0 && partition < partitions).toBe(true);
      }
    }
  });

  it('hashes the bytes of a part of a buffer, and no others', () => {
    const whole = Buffer.from('__foobar__');
    expect(murmur2(whole.subarray(2, 8))).toBe(-790332482);
  });

  it('spreads keys over all partitions', () => {
    const used = new Set(Array.from({ length: 1_000 }, (_, i) => partitionOf(`customer-${i}`, 16)));
    expect(used.size).toBe(16);
  });
});
