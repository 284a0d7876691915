import { describe, expect, it } from 'vitest';
import { IN_A_LIST, ShownValues, WHOLE } from './shown-value.js';

const inList = (value: unknown) => new ShownValues(IN_A_LIST).show(value);

describe('a shown value', () => {
  it('is plain JSON, whatever a codec makes of it', () => {
    const value = { big: 12n, bytes: Uint8Array.of(0, 1, 2), at: new Date(0), none: undefined, not: NaN, is: null };
    expect(inList(value)).toEqual({
      ...{ big: { $bigint: '12' }, bytes: { $bytes: 'AAEC' }, at: '1970-01-01T00:00:00.000Z' },
      ...{ none: null, not: 'NaN', is: null },
    });
    expect(inList([new Date(NaN), () => 1, Symbol('x')])).toEqual([null, null, null]);
  });

  it('keeps a member named __proto__ as a member', () => {
    const shown = inList(JSON.parse('{"__proto__":{"isAdmin":true}}'));
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"isAdmin":true}}');
    expect((shown as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  it('says where it was cut: in depth, in length, in members', () => {
    expect(inList('x'.repeat(501))).toEqual({ $truncated: { length: 501, start: 'x'.repeat(200) } });
    expect(inList({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } })).toEqual({
      a: { b: { c: { d: { e: { f: { $deep: true } } } } } },
    });
    expect(inList(Array.from({ length: 60 }, () => 1))).toHaveLength(51);
    const named = inList(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`n${i}`, i])));
    expect(named).toHaveProperty('$truncated', { length: 60, start: '' });
    expect(Object.keys(named as object)).toHaveLength(51);
  });

  it('stays small however it is made of many small things', () => {
    const wide = (depth: number): unknown =>
      depth === 0 ? 'abcdefghij' : Array.from({ length: 50 }, () => wide(depth - 1));
    expect(JSON.stringify(inList(wide(4))).length).toBeLessThan(100_000);
  });

  it('is whole when it is asked for alone', () => {
    const value = { text: 'x'.repeat(1_000_000), many: Array.from({ length: 5_000 }, (_, i) => i) };
    expect(new ShownValues(WHOLE).show(value)).toEqual(value);
  });
});
