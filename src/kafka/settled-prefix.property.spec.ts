import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SettledPrefix } from './settled-prefix.js';

/** Offsets in order, with holes, and the order in which they are settled, or not at all. */
const course = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 60 })
  .map((steps) => steps.reduce<bigint[]>((offsets, step) => [...offsets, (offsets.at(-1) ?? 9n) + BigInt(step)], []))
  .chain((offsets) => fc.tuple(fc.constant(offsets), fc.shuffledSubarray(offsets)));

describe('the settled prefix of a partition', () => {
  it('never lets what is open, or what comes behind it, be committed, in whatever order it is settled', () => {
    fc.assert(
      fc.property(course, ([offsets, settled]) => {
        const prefix = new SettledPrefix(10n);
        const opened = new Map(offsets.map((offset) => [offset, prefix.open(offset)]));
        const open = new Set(offsets);
        for (const offset of settled) {
          prefix.settle(opened.get(offset) ?? prefix.open(-1n));
          open.delete(offset);
          const oldest = offsets.find((each) => open.has(each));
          expect(prefix.committable).toBe(oldest ?? prefix.next);
        }
      }),
    );
  });

  it('says where to read on, whatever is settled', () => {
    const prefix = new SettledPrefix(5n);
    expect([prefix.next, prefix.committable]).toEqual([5n, 5n]);
    const seventh = prefix.open(7n);
    expect([prefix.next, prefix.committable]).toEqual([8n, 7n]);
    prefix.settle(seventh);
    expect([prefix.next, prefix.committable]).toEqual([8n, 8n]);
  });

  it('forgets what it has passed, however much that was', () => {
    const prefix = new SettledPrefix(0n);
    const opened = Array.from({ length: 4_999 }, (_, i) => prefix.open(BigInt(i)));
    const last = prefix.open(4_999n);
    for (const each of opened) prefix.settle(each);
    expect(prefix.committable).toBe(4_999n);
    prefix.settle(last);
    expect(prefix.committable).toBe(5_000n);
  });
});
