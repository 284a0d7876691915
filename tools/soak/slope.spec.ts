import { expect, it } from 'vitest';
import { slopePerMinute } from './slope.mjs';

it('the memory of a process grows by what it grows, and not at all when it stays', () => {
  const samples = Array.from({ length: 30 }, (_, i) => ({ at: i * 1_000, rss: 100 + i }));
  expect(slopePerMinute(samples)).toBeCloseTo(60);
  expect(slopePerMinute(samples.map(({ at }) => ({ at, rss: 5 })))).toBe(0);
  expect(slopePerMinute([])).toBe(0);
});

it('the first third of its life does not count', () => {
  const samples = Array.from({ length: 30 }, (_, i) => ({ at: i * 1_000, rss: i < 10 ? i * 1_000 : 10_000 }));
  expect(slopePerMinute(samples)).toBe(0);
});
