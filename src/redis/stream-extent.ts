import type { StreamExtent } from '../core/index.js';
import { infoOf, type Info } from './group-state.js';
import type { StreamKeys } from './keys.js';
import { readEntry, type Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';

/** How much one partition holds. */
interface PartExtent {
  readonly partition: number;
  readonly events: number;
  /** Absent before Redis 7. */
  readonly appended: number | undefined;
  readonly first: Entry | undefined;
  readonly last: Entry | undefined;
  readonly bytes: number | undefined;
}

/** Tells how much a stream holds, all partitions together. */
export async function streamExtent(
  connection: RedisConnection,
  partitions: readonly StreamKeys[],
): Promise<StreamExtent> {
  const found = await Promise.all(partitions.map((keys) => partExtent(connection, keys)));
  const parts = found.flatMap((part) => part ?? []);
  const lasts = parts.flatMap(({ last }) => (last ? readEntry(last, 0).delivery.appendedAt : []));
  return {
    events: parts.reduce((sum, { events }) => sum + events, 0),
    isEstimated: false,
    bytes: totalOf(parts, ({ bytes }) => bytes),
    appended: totalOf(parts, ({ appended }) => appended),
    first: parts.flatMap(({ partition, first }) => (first ? { partition, id: first[0] } : [])),
    last: parts.flatMap(({ partition, last }) => (last ? { partition, id: last[0] } : [])),
    ...(lasts.length > 0 && { lastAt: Math.max(...lasts) }),
  };
}

async function partExtent(connection: RedisConnection, keys: StreamKeys): Promise<PartExtent | undefined> {
  const { client } = connection;
  if ((await connection.within(client.exists(keys.stream))) === 0) return undefined;
  const info = infoOf((await connection.within(client.xinfo('STREAM', keys.stream))) as unknown[]);
  const events = Number(info.get('length'));
  const appended = info.get('entries-added');
  const last = entryOf(info, 'last-entry');
  return {
    partition: keys.partition,
    events,
    appended: appended === undefined ? undefined : Number(appended),
    first: entryOf(info, 'first-entry'),
    last,
    bytes: await bytesOf(connection, keys, events, last),
  };
}

/** The stream itself, and for each event what the hashes of the newest one take. Nothing without the right to ask. */
async function bytesOf(
  connection: RedisConnection,
  keys: StreamKeys,
  events: number,
  last: Entry | undefined,
): Promise<number | undefined> {
  const id = last && readEntry(last, 0).delivery.message?.id;
  const hashes = id === undefined ? [] : [keys.event(id), keys.personal(id)];
  const { client } = connection;
  const asked = [keys.stream, ...hashes].map((key) => client.memory('USAGE', key));
  try {
    const [stream, ...sizes] = await connection.within(Promise.all(asked));
    return (stream ?? 0) + events * sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return undefined;
    throw error;
  }
}

function entryOf(info: Info, name: string): Entry | undefined {
  const entry = info.get(name);
  return Array.isArray(entry) ? (entry as unknown as Entry) : undefined;
}

function totalOf(parts: readonly PartExtent[], of: (part: PartExtent) => number | undefined): number | undefined {
  const all = parts.map(of);
  return all.includes(undefined) ? undefined : all.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}
