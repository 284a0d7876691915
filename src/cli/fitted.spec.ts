import { describe, expect, it } from 'vitest';
import { fitted, widthOf } from './fitted.js';

describe('a text on a terminal', () => {
  it('takes a column for each character, and two for wide ones', () => {
    expect(widthOf('Grüße')).toBe(5);
    expect(widthOf('世界')).toBe(4);
    expect(widthOf('🎉')).toBe(2);
    expect(widthOf('👩‍👩‍👧')).toBe(2);
  });

  it('is cut to the columns there are, and says so', () => {
    expect(fitted('abcdef', 6)).toBe('abcdef');
    expect(fitted('abcdefg', 6)).toBe('abcde…');
    expect(fitted('世界世界', 5)).toBe('世界…');
    expect(fitted('abc', Infinity)).toBe('abc');
  });

  it('never takes more than that', () => {
    for (const text of ['a世b界c🎉d', '🎉🎉🎉🎉', 'plain']) {
      for (let columns = 1; columns < 10; columns += 1) {
        expect(widthOf(fitted(text, columns))).toBeLessThanOrEqual(columns);
      }
    }
  });
});
