import type { Checkpoint, Position, ReadEvent } from '../core/index.js';
import type { ReadRange } from './read-range.js';

/**
 * Finds the part of each partition in which all events of a time lie: the arguments of what lies outside then need not be
 * fetched. Server clocks are set back and appends overtake each other, so inside there may be events of another time.
 */
export async function windowOf(
  looked: AsyncIterable<readonly ReadEvent[]>,
  { after, until, fromMs = -Infinity, untilMs = Infinity, follow }: ReadRange,
): Promise<{ readonly after: Checkpoint; readonly until: Checkpoint | undefined }> {
  const before = new Map(after.map((position) => [position.partition, position]));
  const last = new Map<number, Position>();
  const begun = new Set<number>();
  for await (const events of looked) {
    if (follow?.aborted === true) break;
    for (const { position, appendedAt } of events) {
      const { partition } = position;
      if (appendedAt >= fromMs) begun.add(partition);
      else if (!begun.has(partition)) before.set(partition, position);
      if (appendedAt >= fromMs && appendedAt < untilMs) last.set(partition, position);
    }
  }
  const isOpen = untilMs === Infinity && until === undefined;
  return { after: [...before.values()], until: isOpen ? undefined : [...last.values()] };
}
