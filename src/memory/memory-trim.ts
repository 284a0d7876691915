import { BackboneError, type TrimLimits } from '../core/index.js';
import { reachOf } from './memory-position.js';
import type { StoredEvent } from './stored-event.js';

/**
 * Finds the events that the limits let go, oldest first, of those that are there.
 *
 * @throws BackboneError `EB_ARGUMENT` when there is no limit, or one that is no number.
 */
export function trimmable(events: readonly StoredEvent[], limits: TrimLimits): readonly StoredEvent[] {
  const { until, before, keep } = limits;
  if (until === undefined && before === undefined && keep === undefined) {
    throw new BackboneError('EB_ARGUMENT', 'there is no limit to the trim; give it until, before or keep');
  }
  if (before !== undefined && !Number.isFinite(before)) {
    throw new BackboneError('EB_ARGUMENT', 'before is no time; give milliseconds since 1970');
  }
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 0)) {
    throw new BackboneError('EB_ARGUMENT', 'keep must be a whole number from 0');
  }
  const reach = until ? reachOf(until) : Infinity;
  const candidates = keep === undefined ? events : events.slice(0, Math.max(0, events.length - keep));
  const end = candidates.findIndex(({ number, appendedAt }) => number > reach || appendedAt >= (before ?? Infinity));
  return end < 0 ? candidates : candidates.slice(0, end);
}
