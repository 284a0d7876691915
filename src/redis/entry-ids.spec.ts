import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareIds, earlierId, idBeforeMs, laterId } from './entry-ids.js';
import { memberOf } from './entry-pages.js';

const number = fc.oneof(fc.nat({ max: 20 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const id = fc.tuple(number, number).map(([ms, seq]) => `${ms}-${seq}`);

/** What an id says, as numbers that can be compared. */
function numbersOf(text: string): readonly bigint[] {
  return text.split('-').map(BigInt);
}

function order(a: string, b: string): number {
  const [[ms = 0n, seq = 0n], [otherMs = 0n, otherSeq = 0n]] = [numbersOf(a), numbersOf(b)];
  const difference = ms === otherMs ? seq - otherSeq : ms - otherMs;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

describe('ids of entries', () => {
  it('are in the order of their numbers, and so are members of an index of keys as texts', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(Math.sign(compareIds(a, b))).toBe(order(a, b));
        const [one, other] = [memberOf(a), memberOf(b)];
        expect(one < other ? -1 : one > other ? 1 : 0).toBe(order(a, b));
        expect([earlierId(a, b), laterId(a, b)].sort()).toEqual([a, b].sort());
        expect(order(earlierId(a, b), laterId(a, b) ?? '')).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('stand in an index as the append script writes them', () => {
    expect(memberOf('1795348800000-12')).toBe('m1795348800000b12');
    expect(memberOf('5-0')).toBe('a5a0');
  });

  it('leave no room between a time and the id before it', () => {
    expect(idBeforeMs(1_000)).toBe('999-18446744073709551615');
    expect(idBeforeMs(999.5)).toBe('999-18446744073709551615');
    expect([idBeforeMs(0), idBeforeMs(-1), idBeforeMs(-Infinity)]).toEqual(['0-0', '0-0', '0-0']);
    expect(idBeforeMs(Infinity)).toBe('8639999999999999-18446744073709551615');
  });

  it('may be absent where one of two is enough', () => {
    expect([laterId(undefined, '1-1'), laterId('1-1', undefined), laterId(undefined, undefined)]).toEqual([
      '1-1',
      '1-1',
      undefined,
    ]);
  });
});
