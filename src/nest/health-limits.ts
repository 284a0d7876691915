import { BackboneError } from '../core/index.js';

/** When a connection is no longer `up`; durations in milliseconds. */
export interface HealthLimits {
  /** `down` once the server has not answered for so long; `degraded` until then. Default 30,000. */
  readonly awayMs?: number;
  /** How long the server may take for an answer. Default 2,000. */
  readonly answerMs?: number;
  /** `down` once a consumer of this process has finished nothing for so long, although there is work. Default 300,000. */
  readonly stuckMs?: number;
  /** `degraded` while more events wait for a group of this process. Default: any number may wait. */
  readonly lag?: number;
  /** `degraded` while the oldest of them has been waiting for longer. Default 60,000. */
  readonly lagMs?: number;
  /** `degraded` while an event that was handed out is not finished for longer. Default 300,000. */
  readonly pendingMs?: number;
  /** `degraded` when in one minute so many times events were lost to another consumer. Default 3. */
  readonly leaseLosses?: number;
  /** `degraded` while a group of this process has so many dead letters. Default: any number. */
  readonly deadLetters?: number;
}

const DEFAULTS: Required<HealthLimits> = Object.freeze({
  awayMs: 30_000,
  answerMs: 2_000,
  stuckMs: 300_000,
  lag: Infinity,
  lagMs: 60_000,
  pendingMs: 300_000,
  leaseLosses: 3,
  deadLetters: Infinity,
});

/**
 * Adds the defaults to limits.
 *
 * @throws BackboneError `EB_OPTIONS` for one that is no number above zero.
 */
export function checkedLimits(given: HealthLimits): Required<HealthLimits> {
  const told = Object.entries(given).filter(([, limit]) => limit !== undefined);
  for (const [name, limit] of told) {
    if (typeof limit === 'number' && limit > 0) continue;
    const message = `health: \`${name}\` must be a number above zero`;
    throw new BackboneError('EB_OPTIONS', message, { details: { path: name } });
  }
  return { ...DEFAULTS, ...(Object.fromEntries(told) as HealthLimits) };
}
