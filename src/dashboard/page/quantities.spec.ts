import { describe, expect, it } from 'vitest';
import { ago, bytes, count, duration, isoMoment, moment, perSecond } from './quantities.js';

describe('a quantity', () => {
  it('is written for people', () => {
    expect([count(1_234_567), count(null), bytes(999), bytes(15_360), bytes(2.5e9)]).toEqual([
      ...['1,234,567', '–', '999 B', '15.4 kB', '2.5 GB'],
    ]);
    expect([perSecond(0.26), perSecond(1_234.5), perSecond(null)]).toEqual(['0.3/s', '1,235/s', '–']);
    expect([12, 59_999, 61_000, 7_380_000, 180_000_000].map(duration)).toEqual([
      ...['12 ms', '59 s', '1 min 1 s', '2 h 3 min', '2 d 2 h'],
    ]);
    expect([ago(400), ago(3_000)]).toEqual(['just now', '3 s ago']);
  });

  it('that is no moment breaks nothing', () => {
    expect(moment(Number.NaN)).toBe('–');
    expect(isoMoment(9e15)).toBe('');
    expect(moment(0)).toMatch(/^(1969|1970)-\d\d-\d\d \d\d:\d\d:\d\d\.000$/);
  });
});
