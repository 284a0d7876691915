import {
  BackboneError,
  follow,
  furthest,
  isName,
  newFields,
  onlyPosition,
  pause,
  type Checkpoint,
  type FollowSource,
  type Message,
  type ReadEvent,
  type ReadOptions,
  type ReadPage,
} from '../core/index.js';
import { keyPages, rangePages } from './entry-pages.js';
import { entryIdOf, entryRanges } from './entry-ranges.js';
import { fetchFields, type Found } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import type { KnownHashes } from './known-hashes.js';
import { mergedEntries, type PlacedEntry } from './partition-merge.js';
import { readOne } from './read-one.js';
import type { RedisConnection } from './redis-connection.js';
import { channelError } from './redis-failure.js';
import type { RedisSettings } from './redis-options.js';

const SHORTEST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 500;

/** What a read works with. */
export interface ReadingSource {
  readonly connection: RedisConnection;
  /** The partitions of the stream as they stand on the server. */
  readonly partitions: () => Promise<readonly StreamKeys[]>;
  /** The keys of one of them, whether it is there or not. */
  readonly partition: (partition: number) => StreamKeys;
  readonly settings: Pick<RedisSettings, 'commandTimeoutMs' | 'maxEventBytes' | 'keyIndex'>;
}

/**
 * Reads the partitions of a stream without a group, up to the end that each has when reading begins; with `follow` it
 * looks for more then, the longer nothing comes the less often.
 *
 * @throws BackboneError `EB_CHANNEL` when the server is not there within the given time, or goes away.
 */
export async function* readStream(
  { connection, partitions: partitionsOf, partition, settings }: ReadingSource,
  options: ReadOptions,
): AsyncGenerator<readonly ReadEvent[]> {
  const { key } = options;
  if (key !== undefined && !settings.keyIndex) {
    const message = 'the Redis channel reads by key only with `keyIndex: true`; read by range and filter';
    throw new BackboneError('EB_UNSUPPORTED', message);
  }
  const { client } = connection;
  const only = onlyPosition(options);
  try {
    const isReady = await connection.ready(settings.commandTimeoutMs);
    if (!isReady) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    if (options.ids && !options.follow) yield* byId(options.ids.filter(isName), await partitionsOf());
    else if (options.follow) yield* follow(options, { pages: looks(), more });
    else if (only) yield* one(partition(only.partition), entryIdOf(only));
    else for await (const { events } of pages(options.after ?? [])) if (events.length > 0) yield events;
  } catch (error) {
    throw channelError('reading', error);
  }

  async function* byId(
    ids: readonly string[],
    partitions: readonly StreamKeys[],
  ): AsyncGenerator<readonly ReadEvent[]> {
    const find = async (keys: StreamKeys, id: string): Promise<readonly PlacedEntry[]> => {
      const at = await client.hget(keys.event(id), '$position');
      const entries = at === null ? [] : await client.xrange(keys.stream, at, at);
      return entries.map((entry) => ({ keys, entry }));
    };
    const looks = ids.flatMap((id) => partitions.map((keys) => find(keys, id)));
    const entries = (await connection.within(Promise.all(looks))).flat();
    const asked = new Set(ids);
    const found = (await eventsOf(entries)).filter(({ message }) => message && asked.has(message.id));
    if (found.length > 0) yield found;
  }

  async function* one(keys: StreamKeys, id: string): AsyncGenerator<readonly ReadEvent[]> {
    const { entry, hashes } = await readOne(connection, keys, id);
    const events = entry ? await eventsOf([{ keys, entry }], hashes) : [];
    if (events.length > 0) yield events;
  }

  async function* pages(after: Checkpoint, isFirst = true): AsyncGenerator<ReadPage> {
    const { batchSize = 100 } = options;
    const all = await partitionsOf();
    const ranges = await entryRanges(connection, all, { ...options, after, isFirst });
    const parts = ranges.map(({ keys, ...range }) => {
      const given = { ...range, count: batchSize };
      const read = key === undefined ? rangePages(connection, keys, given) : keyPages(connection, keys, key, given);
      return { keys, pages: read };
    });
    for await (const entries of mergedEntries(parts, batchSize)) {
      const passed = entries.map(({ keys, entry: [id] }) => ({ partition: keys.partition, id }));
      yield { events: await eventsOf(entries), reached: furthest([], passed) };
    }
  }

  /** Only where reading begins may a position be none of this stream: a server that has lost events must not end it. */
  function looks(): FollowSource['pages'] {
    let isFirst = true;
    return (after) => {
      const look = pages(after, isFirst);
      isFirst = false;
      return look;
    };
  }

  function more(idle: number, signal: AbortSignal): Promise<void> {
    const longest = Math.min(SHORTEST_LOOK_MS * 2 ** Math.min(idle, 10), LONGEST_LOOK_MS);
    return pause(longest * (0.5 + Math.random() / 2), signal);
  }

  async function eventsOf(entries: readonly PlacedEntry[], known?: KnownHashes): Promise<readonly ReadEvent[]> {
    const { types, fields } = options;
    const wanted = (type: string) => !types || types.includes(type);
    const byPartition = new Map<StreamKeys, { readonly found: Found[]; readonly at: number[] }>();
    for (const [i, { keys, entry }] of entries.entries()) {
      let part = byPartition.get(keys);
      if (!part) byPartition.set(keys, (part = { found: [], at: [] }));
      part.found.push({ entry, deliveries: 0 });
      part.at.push(i);
    }
    const events: ReadEvent[] = [];
    const fetched = [...byPartition].map(async ([keys, { found, at }]) => {
      const source = { connection, keys, maxEventBytes: settings.maxEventBytes, known };
      const records = await fetchFields(source, found, (type) => wanted(type) && fields?.length !== 0);
      for (const [i, { position, appendedAt, message, malformed }] of records.entries()) {
        events[at[i] ?? 0] = { position, appendedAt, message, malformed };
      }
    });
    await Promise.all(fetched);
    return events
      .filter(({ message }) => (message ? wanted(message.type) && (key ?? message.key) === message.key : !types))
      .map((event) => (fields && event.message ? { ...event, message: withOnly(event.message, fields) } : event));
  }
}

function withOnly(message: Message, names: readonly string[]): Message {
  const kept = newFields();
  for (const name of names) if (message.fields[name] !== undefined) kept[name] = message.fields[name];
  return { ...message, fields: kept };
}
