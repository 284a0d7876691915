import type { ResetTarget } from './channel-admin.js';
import { BackboneError } from './errors.js';
import type { Checkpoint, Position } from './position.js';

/** A target taken apart: just one of these is there. */
export type CheckedTarget =
  | { readonly end: 'beginning' | 'end'; readonly after?: undefined; readonly timeMs?: undefined }
  | { readonly after: Checkpoint; readonly end?: undefined; readonly timeMs?: undefined }
  | { readonly timeMs: number; readonly end?: undefined; readonly after?: undefined };

/**
 * Takes the target of a reset apart; `nowMs` is the server's clock.
 *
 * @throws BackboneError `EB_ARGUMENT` for what is no target, and for a time that has not come yet.
 */
export function checkedTarget(to: ResetTarget, nowMs: number): CheckedTarget {
  if (to === 'beginning' || to === 'end') return { end: to };
  if (Array.isArray(to)) return { after: to as Checkpoint };
  const { timeMs } = to as { readonly timeMs?: unknown };
  if (typeof timeMs !== 'number' || !Number.isSafeInteger(timeMs) || timeMs < 0) {
    throw refused(
      "a group can be moved to 'beginning', 'end', a checkpoint or { timeMs }, whole milliseconds since 1970",
    );
  }
  if (timeMs > nowMs) throw refused('a group cannot be moved to a time that has not come yet');
  return { timeMs };
}

/** The error of a reset of a group that nobody has ever joined. */
export function noSuchGroup(group: string): BackboneError {
  return refused(`the stream has no group "${group}"`, { group });
}

/** The error of a reset to a position that the stream has not reached, or that another channel gave out. */
export function noSuchPosition({ partition }: Position): BackboneError {
  return refused(`partition ${partition} holds no such position; use positions that this channel gave out`, {
    path: 'id',
    partition,
  });
}

function refused(message: string, details: Readonly<Record<string, unknown>> = {}): BackboneError {
  return new BackboneError('EB_ARGUMENT', `${message}; nothing was changed`, { details });
}
