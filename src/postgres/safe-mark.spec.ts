import { describe, expect, it } from 'vitest';
import { SafeMark } from './safe-mark.js';

const marks = () => new SafeMark();

describe('the safe mark', () => {
  it('is the last position while nobody appends', () => {
    const mark = marks();
    expect(mark.add(0n, [])).toMatchObject({ safe: 0n, last: 0n });
    expect(mark.add(7n, [])).toMatchObject({ safe: 7n, last: 7n });
  });

  it('waits for those who held the lock when the position was drawn, and for no later ones', () => {
    const mark = marks();
    mark.add(5n, []);
    expect(mark.add(8n, ['a', 'b'])).toMatchObject({ safe: 5n });
    expect(mark.add(9n, ['b', 'c'])).toMatchObject({ safe: 5n });
    expect(mark.add(11n, ['c', 'd'])).toMatchObject({ safe: 8n });
    expect(mark.add(12n, ['d', 'e'])).toMatchObject({ safe: 9n });
    expect(mark.add(12n, [])).toMatchObject({ safe: 12n });
  });

  it('moves on under writers that always overlap', () => {
    const mark = marks();
    let { safe } = mark.add(0n, []);
    for (let n = 1; n < 1_000; n += 1) ({ safe } = mark.add(BigInt(n), [`w${n}`, `w${n + 1}`]));
    expect(safe).toBe(997n);
  });

  it('stays below what a long transaction may have drawn, however much others append', () => {
    const mark = marks();
    mark.add(3n, ['long']);
    for (let n = 4; n < 1_000; n += 1) expect(mark.add(BigInt(n), ['long']).safe).toBe(0n);
    expect(mark.add(1_000n, []).safe).toBe(1_000n);
  });

  it('begins anew with a server that has gone back', () => {
    const mark = marks();
    mark.add(100n, []);
    expect(mark.add(90n, ['a']).safe).toBe(0n);
    expect(mark.add(95n, []).safe).toBe(95n);
  });
});
