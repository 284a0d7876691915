import type { ReadOptions } from '../core/index.js';
import type { StreamKeys } from './keys.js';
import type { Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';

/** An entry and the partition that it stands in. */
export interface PlacedEntry {
  readonly keys: StreamKeys;
  readonly entry: Entry;
}

/** What of each partition is to be read. */
export type MergeRange = Pick<ReadOptions, 'after' | 'until'> & { readonly batchSize: number };

/**
 * Reads the entries of several partitions in the order in which the server stored them, as far as its clock tells, up
 * to the ends that they have when reading begins. Holds one page of each partition at most.
 */
export async function* mergedEntries(
  connection: RedisConnection,
  partitions: readonly StreamKeys[],
  { after, until, batchSize }: MergeRange,
): AsyncGenerator<readonly PlacedEntry[]> {
  const { client } = connection;
  const begin = async (keys: StreamKeys): Promise<Part> => {
    const own = ({ partition }: { readonly partition: number }) => partition === keys.partition;
    const newest = until ? undefined : await client.xrevrange(keys.stream, '+', '-', 'COUNT', 1);
    const end = until ? until.find(own)?.id : newest?.[0]?.[0];
    return { keys, end, after: after?.find(own)?.id, page: [], next: 0 };
  };
  let open = (await connection.within(Promise.all(partitions.map(begin)))).filter(({ end }) => end !== undefined);
  const refill = async (part: Part) => {
    const start = part.after === undefined ? '-' : `(${part.after}`;
    part.page = await client.xrange(part.keys.stream, start, part.end ?? '-', 'COUNT', batchSize);
    part.next = 0;
    part.after = part.page.at(-1)?.[0];
  };
  let batch: PlacedEntry[] = [];
  for (;;) {
    const empty = open.filter(({ page, next }) => next >= page.length);
    await connection.within(Promise.all(empty.map(refill)));
    open = open.filter(({ page }) => page.length > 0);
    if (open.length === 0) break;
    // Nothing newer may be taken as long as a partition has nothing left to compare with.
    while (open.every(({ page, next }) => next < page.length) && batch.length < batchSize) {
      const part = open.reduce((least, one) => (isBefore(headOf(one), headOf(least)) ? one : least));
      batch.push({ keys: part.keys, entry: headOf(part) });
      part.next += 1;
    }
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A partition while it is read: its page and what of it was taken. */
interface Part {
  readonly keys: StreamKeys;
  readonly end: string | undefined;
  after: string | undefined;
  page: readonly Entry[];
  next: number;
}

function headOf({ page, next }: Part): Entry {
  return page[next] as Entry;
}

/** By the server's time, then by the number inside a millisecond; neither has leading zeros. */
function isBefore([a]: Entry, [b]: Entry): boolean {
  const [left, right] = [a.split('-'), b.split('-')];
  for (const i of [0, 1]) {
    const [one = '', other = ''] = [left[i], right[i]];
    if (one !== other) return one.length === other.length ? one < other : one.length < other.length;
  }
  return false;
}
