/** How the pauses between tries grow. */
export interface RetrySchedule {
  /** The pause after the first failure. */
  readonly firstDelayMs: number;
  /** No pause is longer. */
  readonly maxDelayMs: number;
  /** Each pause is so many times as long as the one before. */
  readonly factor: number;
  /** `full`: anything between nothing and the pause, so that many failures of one moment do not come back as one. */
  readonly jitter: 'full' | 'none';
}

/** Returns the pause after so many failures, counted from 1, in milliseconds. `random` gives numbers from 0 to below 1. */
export function retryDelayMs(schedule: RetrySchedule, failures: number, random: () => number = Math.random): number {
  // Long series overflow to Infinity: the minimum takes care of that, but for nothing times Infinity.
  const grown = schedule.firstDelayMs === 0 ? 0 : schedule.firstDelayMs * schedule.factor ** (failures - 1);
  const longest = Math.min(schedule.maxDelayMs, grown);
  return schedule.jitter === 'none' ? longest : longest * random();
}
