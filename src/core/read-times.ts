import type { ReadOptions } from './channel.js';

/** Tells whether an event that was stored at this time is one of those that a read asks for. */
export function isWithinTimes(
  { fromMs, untilMs }: Pick<ReadOptions, 'fromMs' | 'untilMs'>,
  appendedAt: number,
): boolean {
  return (fromMs === undefined || appendedAt >= fromMs) && (untilMs === undefined || appendedAt < untilMs);
}
