import { isBackboneError, type Channel, type ReadOptions } from '../core/index.js';

/** How far a projection is behind, as far as it was counted. */
export interface CountedEvents {
  readonly events: number;
  /** True when there are more than were counted. */
  readonly more: boolean;
  /** When the first of them was stored: milliseconds since 1970 by the server's clock. */
  readonly oldestAt?: number;
}

/** Counts events without fetching their fields, at most so many. */
export async function countEvents(
  channel: Channel,
  what: Pick<ReadOptions, 'stream' | 'types' | 'after'>,
  most: number,
  signal?: AbortSignal,
): Promise<CountedEvents> {
  let events = 0;
  let oldestAt: number | undefined;
  try {
    for await (const batch of channel.read({ ...what, fields: [], batchSize: Math.min(most, 1_000) })) {
      oldestAt ??= batch[0]?.appendedAt;
      events += batch.length;
      if (events >= most || signal?.aborted === true) return { events: Math.min(events, most), more: true, oldestAt };
    }
  } catch (error) {
    // Behind the end of a log that was restored nothing waits.
    if (!isBackboneError(error, 'EB_ARGUMENT')) throw error;
  }
  return { events, more: false, oldestAt };
}
