import { describe, expect, it } from 'vitest';
import { consumerLimits } from './consumer-options.js';

describe('the limits of a consumer', () => {
  it('are these when nothing is said', () => {
    expect(consumerLimits({})).toEqual({
      ...{ concurrency: 16, maxInFlight: 500, batchSize: 100 },
      ...{ maxCrashes: 10, onFailure: 'dead-letter' },
    });
  });

  it('never read more in one go than may be in flight', () => {
    expect(consumerLimits({ maxInFlight: 7 }).batchSize).toBe(7);
  });

  it('name what may happen to a failed event when told something else', () => {
    expect(() => consumerLimits({ onFailure: 'ignore' as 'stop' })).toThrow(
      "EB_OPTIONS: onFailure must be 'dead-letter', 'park-key' or 'stop'",
    );
  });
});
