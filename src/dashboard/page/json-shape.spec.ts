import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../dashboard-api.js';
import { markerOf, preview } from './json-shape.js';

describe('a marker', () => {
  it('is told from a value that only looks like one', () => {
    expect(markerOf({ $personal: true })).toEqual({ kind: 'personal' });
    expect(markerOf({ $bigint: '12' })).toEqual({ kind: 'bigint', text: '12' });
    expect(markerOf({ $truncated: { length: 9, start: 'x' } })).toEqual({ kind: 'truncated', length: 9, start: 'x' });
    const others: readonly JsonValue[] = [
      { $personal: 1 },
      { $personal: true, a: 1 },
      { $truncated: 'x' },
      [],
      null,
      {},
    ];
    for (const value of others) {
      expect(markerOf(value)).toBeUndefined();
    }
  });
});

describe('a line about a value', () => {
  it('says what is in it', () => {
    expect(preview({ id: 7, tags: ['a', null], user: { $personal: true } })).toBe(
      '{ id: 7, tags: ["a", null], user: personal }',
    );
    expect(preview([])).toBe('[]');
    expect(preview({})).toBe('{}');
  });

  it('stays short whatever the value', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`name ${i}`, 'x'.repeat(200)]));
    const values = [deep, wide, 'y'.repeat(1_000_000), Array.from({ length: 100_000 }, () => wide)];
    for (const value of values) expect(preview(value).length).toBeLessThan(220);
  });
});
