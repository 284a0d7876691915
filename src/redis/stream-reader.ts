import {
  BackboneError,
  follow,
  furthest,
  isName,
  newFields,
  pause,
  type Checkpoint,
  type Message,
  type ReadEvent,
  type ReadOptions,
  type ReadPage,
} from '../core/index.js';
import { fetchFields, type Found } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import { mergedEntries, type PlacedEntry } from './partition-merge.js';
import type { RedisConnection } from './redis-connection.js';
import { channelError } from './redis-failure.js';
import type { RedisSettings } from './redis-options.js';

const SHORTEST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 500;

/**
 * Reads the partitions of a stream without a group, up to the end that each has when reading begins; with `follow` it
 * looks for more then, the longer nothing comes the less often.
 *
 * @throws BackboneError `EB_CHANNEL` when the server is not there within the given time, or goes away.
 */
export async function* readStream(
  connection: RedisConnection,
  partitionsOf: () => Promise<readonly StreamKeys[]>,
  options: ReadOptions,
  { commandTimeoutMs, maxEventBytes }: Pick<RedisSettings, 'commandTimeoutMs' | 'maxEventBytes'>,
): AsyncGenerator<readonly ReadEvent[]> {
  if (options.key !== undefined) {
    throw new BackboneError('EB_UNSUPPORTED', 'the Redis channel cannot read by key; read by range and filter');
  }
  const { client } = connection;
  try {
    if (!(await connection.ready(commandTimeoutMs))) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    if (options.ids && !options.follow) yield* byId(options.ids.filter(isName), await partitionsOf());
    else if (options.follow) yield* follow(options, { pages, more });
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

  async function* pages(after: Checkpoint): AsyncGenerator<ReadPage> {
    const { until, batchSize = 100 } = options;
    const partitions = await partitionsOf();
    for await (const entries of mergedEntries(connection, partitions, { after, until, batchSize })) {
      const passed = entries.map(({ keys, entry: [id] }) => ({ partition: keys.partition, id }));
      yield { events: await eventsOf(entries), reached: furthest([], passed) };
    }
  }

  function more(idle: number, signal: AbortSignal): Promise<void> {
    const longest = Math.min(SHORTEST_LOOK_MS * 2 ** Math.min(idle, 10), LONGEST_LOOK_MS);
    return pause(longest * (0.5 + Math.random() / 2), signal);
  }

  async function eventsOf(entries: readonly PlacedEntry[]): Promise<readonly ReadEvent[]> {
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
      const source = { connection, keys, maxEventBytes };
      const records = await fetchFields(source, found, (type) => wanted(type) && fields?.length !== 0);
      for (const [i, { position, appendedAt, message, malformed }] of records.entries()) {
        events[at[i] ?? 0] = { position, appendedAt, message, malformed };
      }
    });
    await Promise.all(fetched);
    return events
      .filter(({ message }) => (message ? wanted(message.type) : !types))
      .map((event) => (fields && event.message ? { ...event, message: withOnly(event.message, fields) } : event));
  }
}

function withOnly(message: Message, names: readonly string[]): Message {
  const kept = newFields();
  for (const name of names) if (message.fields[name] !== undefined) kept[name] = message.fields[name];
  return { ...message, fields: kept };
}
