import { describe, expect, it } from 'vitest';
import { backOffMs } from './back-off.js';

describe('the pauses before another attempt', () => {
  it('double up to two seconds, and are never the same for everybody', () => {
    const most = Array.from({ length: 20 }, (_, i) => Math.min(50 * 2 ** i, 2_000));
    for (const [i, limit] of most.entries()) {
      const pauses = Array.from({ length: 50 }, () => backOffMs(i + 1));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(limit / 2);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(limit);
      expect(new Set(pauses).size).toBeGreaterThan(1);
    }
  });

  it('stay within two seconds however long it takes', () => {
    for (const attempt of [100, 5_000, Number.MAX_SAFE_INTEGER]) expect(backOffMs(attempt)).toBeLessThanOrEqual(2_000);
  });
});
