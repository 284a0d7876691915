import { positionBefore } from '../core/index.js';
import { earlierId, FIRST_ID, laterId } from './entry-ids.js';
import type { StreamKeys } from './keys.js';
import { readEntry, type Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import { READ_KEY } from './scripts/key-index.js';

/** Which entries of a partition to read, and how many at a time: those behind one id, up to another. */
export interface EntryRange {
  readonly after: string | undefined;
  readonly end: string;
  readonly count: number;
}

/** The entries of a partition in their order, page by page; no page is empty. */
export type EntryPages = AsyncGenerator<readonly Entry[], void, undefined>;

/** Reads all entries of a range. */
export async function* rangePages(
  on: RedisConnection,
  keys: StreamKeys,
  { after, end, count }: EntryRange,
): EntryPages {
  const pageBehind = (id: string) => {
    const page = on.within(on.client.xrange(keys.stream, `(${id}`, end, 'COUNT', count));
    // Whoever leaves early does not wait for it any more.
    page.catch(() => undefined);
    return page;
  };
  let next: ReturnType<typeof pageBehind> | undefined = pageBehind(after ?? FIRST_ID);
  while (next) {
    const page: readonly Entry[] = await next;
    const last = page.at(-1);
    if (!last) return;
    // On its way while the fields of this page are fetched: entries are small.
    next = page.length < count ? undefined : pageBehind(last[0]);
    yield page;
  }
}

/**
 * Reads the entries of one key. Where the stream is indexed, only these are fetched; what was appended without indexing,
 * before the stretch that the index holds or behind it, is looked through.
 */
export async function* keyPages(on: RedisConnection, keys: StreamKeys, key: string, range: EntryRange): EntryPages {
  const { after, end } = range;
  const [from, last] = await on.within(on.client.hmget(keys.keyIndex, 'from', 'last'));
  const before = from == null ? undefined : positionBefore({ partition: keys.partition, id: from })?.id;
  if (before === undefined || last == null) {
    yield* lookedThrough(on, keys, key, range);
    return;
  }
  yield* lookedThrough(on, keys, key, { ...range, end: earlierId(before, end) });
  yield* indexed(on, keys, key, { ...range, after: laterId(before, after), end: earlierId(last, end) });
  yield* lookedThrough(on, keys, key, { ...range, after: laterId(last, after) });
}

async function* lookedThrough(on: RedisConnection, keys: StreamKeys, key: string, range: EntryRange): EntryPages {
  if (range.after !== undefined && earlierId(range.after, range.end) === range.end) return;
  for await (const page of rangePages(on, keys, range)) {
    const own = page.filter((entry) => readEntry(entry, 0).delivery.message?.key === key);
    if (own.length > 0) yield own;
  }
}

async function* indexed(
  on: RedisConnection,
  keys: StreamKeys,
  key: string,
  { after = FIRST_ID, end, count }: EntryRange,
): EntryPages {
  const ofKey = [keys.ofKey(key), keys.stream];
  const latest = `[${memberOf(end)}`;
  for (let begin = `(${memberOf(after)}`; ;) {
    const [reached, entries] = (await on.run(READ_KEY, ofKey, [begin, latest, count])) as [string, readonly Entry[]];
    if (entries.length > 0) yield entries;
    if (reached === '') return;
    begin = `(${reached}`;
  }
}

/** How a position stands in the index of a key, as the append scripts write it. */
export function memberOf(id: string): string {
  return id.replaceAll(/\d+/g, (digits) => String.fromCharCode(96 + digits.length) + digits).replace('-', '');
}
