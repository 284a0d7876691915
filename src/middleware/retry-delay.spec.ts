import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs, type RetrySchedule } from './retry-delay.js';

const schedules = fc.record<RetrySchedule>({
  firstDelayMs: fc.integer({ min: 0, max: 100_000 }),
  maxDelayMs: fc.integer({ min: 0, max: 1_000_000 }),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  jitter: fc.constantFrom('full', 'none'),
});
const failures = fc.integer({ min: 1, max: 5_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the pauses between tries', () => {
  it('are never negative and never longer than the maximum', () => {
    fc.assert(
      fc.property(schedules, failures, randoms, (schedule, n, random) => {
        const delayMs = retryDelayMs(schedule, n, () => random);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(schedule.maxDelayMs);
      }),
    );
  });

  it('never shrink without jitter', () => {
    fc.assert(
      fc.property(schedules, failures, (schedule, n) => {
        const plain = { ...schedule, jitter: 'none' } as const;
        expect(retryDelayMs(plain, n + 1)).toBeGreaterThanOrEqual(retryDelayMs(plain, n));
      }),
    );
  });

  it('are at most the plain pause with jitter', () => {
    fc.assert(
      fc.property(schedules, failures, randoms, (schedule, n, random) => {
        const full = retryDelayMs({ ...schedule, jitter: 'full' }, n, () => random);
        expect(full).toBeLessThanOrEqual(retryDelayMs({ ...schedule, jitter: 'none' }, n));
      }),
    );
  });

  it('double from 200 ms to a minute with the defaults of a retry', () => {
    const schedule = { firstDelayMs: 200, maxDelayMs: 60_000, factor: 2, jitter: 'none' } as const;
    const delays = [1, 2, 3, 4, 20].map((n) => retryDelayMs(schedule, n));
    expect(delays).toEqual([200, 400, 800, 1_600, 60_000]);
  });
});
