import { BackboneError, beyondEnd, type Checkpoint, type Position, type ReadOptions } from '../core/index.js';
import { compareIds, earlierId, FIRST_ID, idBeforeMs, laterId } from './entry-ids.js';
import type { EntryRange } from './entry-pages.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

const ENTRY_ID = /^\d{1,20}-\d{1,20}$/;

/** What of a partition a read asks for. */
export interface PartitionRange extends Omit<EntryRange, 'count'> {
  readonly keys: StreamKeys;
}

/**
 * Finds what a read asks for in each partition, up to the end that it has now: an id begins with the time at which its entry
 * was stored, so that times are ids, too. Partitions in which nothing can be are left out.
 *
 * @throws BackboneError `EB_ARGUMENT` for positions that the stream cannot have given out, where reading begins.
 */
export async function entryRanges(
  on: RedisConnection,
  partitions: readonly StreamKeys[],
  { after = [], until, fromMs, untilMs, isFirst }: Omit<ReadOptions, 'stream'> & { readonly isFirst: boolean },
): Promise<readonly PartitionRange[]> {
  const newest = await on.within(Promise.all(partitions.map(({ stream }) => newestOf(on, stream))));
  if (isFirst) {
    const end = (partition: number) => newest[partitions.findIndex((keys) => keys.partition === partition)];
    await checkPositions(on, partitions, [...after, ...(until ?? [])], end);
  }
  const ranges: PartitionRange[] = [];
  for (const [i, keys] of partitions.entries()) {
    const last = newest[i];
    const asked = until ? idIn(until, keys.partition) : last;
    if (last === undefined || asked === undefined) continue;
    const begin = laterId(idIn(after, keys.partition), fromMs === undefined ? undefined : idBeforeMs(fromMs));
    const end = earlierId(earlierId(asked, last), untilMs === undefined ? last : idBeforeMs(untilMs));
    if (compareIds(begin ?? FIRST_ID, end) < 0) ranges.push({ keys, after: begin, end });
  }
  return ranges;
}

/**
 * The id of the entry at a position.
 *
 * @throws BackboneError `EB_ARGUMENT` when the position comes from another kind of channel.
 */
export function entryIdOf({ partition, id }: Position): string {
  if (ENTRY_ID.test(id)) return id;
  const message = `the Redis channel has no position "${id.slice(0, 60)}" in partition ${partition}; use positions it gave out`;
  throw new BackboneError('EB_ARGUMENT', message, { details: { path: 'position' } });
}

function idIn(checkpoint: Checkpoint, partition: number): string | undefined {
  const position = checkpoint.find((each) => each.partition === partition);
  return position && entryIdOf(position);
}

async function newestOf({ client }: RedisConnection, stream: string): Promise<string | undefined> {
  const [newest] = await client.xrevrange(stream, '+', '-', 'COUNT', 1);
  return newest?.[0];
}

async function checkPositions(
  on: RedisConnection,
  partitions: readonly StreamKeys[],
  positions: Checkpoint,
  newestIn: (partition: number) => string | undefined,
): Promise<void> {
  for (const position of positions) {
    const id = entryIdOf(position);
    const newest = newestIn(position.partition);
    if (newest !== undefined && compareIds(id, newest) <= 0) continue;
    // Entries behind the newest one may have been removed.
    const keys = partitions.find(({ partition }) => partition === position.partition);
    if (!keys || compareIds(id, await lastIdOf(on, keys.stream)) > 0) throw beyondEnd();
  }
}

/** The last id that the server gave out for a stream. */
async function lastIdOf(on: RedisConnection, stream: string): Promise<string> {
  if ((await on.within(on.client.exists(stream))) === 0) return FIRST_ID;
  const info = (await on.within(on.client.xinfo('STREAM', stream))) as unknown[];
  return String(info[info.indexOf('last-generated-id') + 1]);
}
