import { describe, expect, it } from 'vitest';
import { parsePlace, parsePositions, positionText } from './places.js';

describe('a place in a stream', () => {
  it.for([
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22T10:30', '2026-11-22T10:30:00.000Z'],
    ['2026-11-22 10:30:05', '2026-11-22T10:30:05.000Z'],
    ['2026-11-22T10:30:05.123Z', '2026-11-22T10:30:05.123Z'],
    ['2026-11-22T10:30+02:00', '2026-11-22T08:30:00.000Z'],
  ] as const)('can be the time %s', ([text, time]) => {
    expect(parsePlace('--from', text)).toEqual(new Date(time));
  });

  it('can be a while ago', () => {
    const before = Date.now();
    const at = parsePlace('--from', '15m') as Date;
    expect(before - at.getTime()).toBeLessThanOrEqual(15 * 60_000);
    expect(Date.now() - at.getTime()).toBeGreaterThanOrEqual(15 * 60_000);
  });

  it('can be positions, written as they are shown', () => {
    const positions = [
      { partition: 0, id: '1732260000000-0' },
      { partition: 3, id: '17' },
    ];
    expect(positionText(positions)).toBe('0:1732260000000-0,3:17');
    expect(parsePlace('--from', '0:1732260000000-0,3:17')).toEqual(positions);
    expect(parsePositions('--after', '0:17')).toEqual([{ partition: 0, id: '17' }]);
  });

  it.for(['', 'yesterday', '17', '0:', '0:x', '0:1,', '2026-02-30', '2026-13-01', '2026-11-22T25:00', '-1:5', '1.5h'])(
    'is refused as "%s", with the option and how to write it',
    (text) => {
      expect(() => parsePlace('--from', text)).toThrow(/^--from is neither a time nor a position; write 2026/);
    },
  );

  it('is no time where only positions are meant', () => {
    expect(() => parsePositions('--after', '2026-11-22')).toThrow('--after is no position');
  });
});
