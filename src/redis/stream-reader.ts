import { BackboneError, isName, newFields, type Message, type ReadEvent, type ReadOptions } from '../core/index.js';
import { fetchFields, type Found } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import { mergedEntries, type PlacedEntry } from './partition-merge.js';
import type { RedisConnection } from './redis-connection.js';
import { channelError } from './redis-failure.js';

/**
 * Reads the partitions of a stream without a group, up to the end that each has when reading begins.
 *
 * @throws BackboneError `EB_CHANNEL` when the server is not there within the given time, or goes away.
 */
export async function* readStream(
  connection: RedisConnection,
  partitionsOf: () => Promise<readonly StreamKeys[]>,
  options: ReadOptions,
  timeoutMs: number,
): AsyncGenerator<readonly ReadEvent[]> {
  if (options.key !== undefined) {
    throw new BackboneError('EB_UNSUPPORTED', 'the Redis channel cannot read by key; read by range and filter');
  }
  const { client } = connection;
  try {
    if (!(await connection.ready(timeoutMs))) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    const partitions = await partitionsOf();
    yield* options.ids ? byId(options.ids.filter(isName), partitions) : byRange(partitions);
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

  async function* byRange(partitions: readonly StreamKeys[]): AsyncGenerator<readonly ReadEvent[]> {
    const { after, until, batchSize = 100 } = options;
    for await (const entries of mergedEntries(connection, partitions, { after, until, batchSize })) {
      const events = await eventsOf(entries);
      if (events.length > 0) yield events;
    }
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
      const records = await fetchFields(connection, keys, found, (type) => wanted(type) && fields?.length !== 0);
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
