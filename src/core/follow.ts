import type { ReadOptions } from './channel.js';
import type { ReadEvent } from './delivery.js';
import { BackboneError } from './errors.js';
import type { Checkpoint, Position } from './position.js';

/** Some events of a read to the present end, and how far the log was looked through for them. */
export interface ReadPage {
  /** Those that were asked for; perhaps none of what was looked through. */
  readonly events: readonly ReadEvent[];
  /** The position of the last entry of each partition that the page has passed, asked for or not. */
  readonly reached: Checkpoint;
}

/** How a channel is followed. */
export interface FollowSource {
  /** Reads once from there to the present end. */
  readonly pages: (after: Checkpoint) => AsyncIterable<ReadPage>;
  /** Resolves when there may be more, at the latest when the signal fires; `idle` counts the looks that found nothing. */
  readonly more: (idle: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Reads as `ReadOptions.follow` promises, by reading to the end again and again. Each look begins where the last one has
 * ended, whatever types it was for, so that rare events cost no second search.
 *
 * @throws BackboneError `EB_ARGUMENT` together with `until`, `untilMs` or `ids`; and what a page rejects with.
 */
export async function* follow(
  { follow: signal, after = [], until, untilMs, ids }: ReadOptions,
  source: FollowSource,
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  if (until ?? untilMs ?? ids) {
    const message = 'a read that follows has no end: leave out `until`, `untilMs` and `ids`, or `follow`';
    throw new BackboneError('EB_ARGUMENT', message, { details: { path: 'follow', constraint: 'alone' } });
  }
  let reached = after;
  let idle = 0;
  for (let told = false; signal && !signal.aborted;) {
    let found = false;
    for await (const page of source.pages(reached)) {
      reached = furthest(reached, page.reached);
      found = true;
      if (page.events.length === 0) continue;
      told = false;
      yield page.events;
      if (hasFired(signal)) return;
    }
    if (!told && !hasFired(signal)) yield [];
    told = true;
    idle = found ? 0 : idle + 1;
    if (!hasFired(signal)) await source.more(idle, signal);
  }
}

/** Takes positions that lie further on into a checkpoint: later ones of a partition come later in the list. */
export function furthest(checkpoint: Checkpoint, later: readonly Position[]): Checkpoint {
  if (later.length === 0) return checkpoint;
  const byPartition = new Map(checkpoint.map((position) => [position.partition, position]));
  for (const position of later) byPartition.set(position.partition, position);
  return [...byPartition.values()].sort((a, b) => a.partition - b.partition);
}

/** Read anew each time: it changes while somebody waits. */
function hasFired(signal: AbortSignal): boolean {
  return signal.aborted;
}
