import { BackboneError, isName, reportChannel, type Channel, type Stream } from '../core/index.js';
import { streamKeys, type StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { ensureGroup } from './redis-group.js';
import { CHANGE_LAYOUT } from './scripts/partition.js';

/** Which stream is to be split anew. */
export interface PartitionChange {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly prefix: string;
  readonly partitions: number;
}

/**
 * Changes the number of partitions of a stream whose groups have handled everything. From then on appends under the
 * old number are refused, which keeps the order of each key. May be repeated when it was cut off.
 *
 * @throws BackboneError `EB_CONFLICT` when a group has something open; nothing was changed then.
 */
export async function changePartitions(
  connection: RedisConnection,
  { channel, stream, prefix, partitions }: PartitionChange,
): Promise<void> {
  const first = streamKeys(prefix, stream, 0);
  const now = await connection.within(connection.client.hgetall(first.layout));
  const old = Number(now['partitions'] ?? 1);
  const before = Number(now['max'] ?? old);
  const max = Math.max(before, partitions);
  const all = Array.from({ length: max }, (_, partition) => streamKeys(prefix, stream, partition));
  const groups = await groupsOf(connection, all.slice(0, before));
  // Found by everybody who looks for partitions, also when what follows is cut off.
  await connection.within(connection.client.hset(first.layout, 'partitions', old, 'max', max));
  // A group begins in new partitions with their first event, whatever it was told when it began.
  for (const keys of all.slice(before)) {
    const create = (group: string) => ensureGroup(connection, keys, { channel, stream, group, from: 'beginning' });
    await Promise.all(groups.map(create));
  }
  const changed: StreamKeys[] = [];
  try {
    // Partition 0 is the last one: who comes with the new number waits until all have it.
    for (const keys of all.reverse()) {
      const open = await change(connection, keys, groups, [partitions, max, 'drained']);
      if (open !== '') throw conflict(open, keys.partition);
      changed.push(keys);
    }
  } catch (error) {
    for (const keys of changed) await change(connection, keys, [], [old, max, 'force']);
    throw error;
  }
  const reason = `split into ${partitions} instead of ${old}`;
  reportChannel({ channel, kind: 'partitions', stream, reason, count: partitions });
}

async function change(
  connection: RedisConnection,
  keys: StreamKeys,
  groups: readonly string[],
  args: readonly (string | number)[],
): Promise<string> {
  const keyList = [keys.layout, keys.stream, ...groups.map((group) => keys.parked(group))];
  return String(await connection.run(CHANGE_LAYOUT, keyList, args));
}

async function groupsOf(connection: RedisConnection, partitions: readonly StreamKeys[]): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const { stream } of partitions) {
    if ((await connection.within(connection.client.exists(stream))) === 0) continue;
    const groups = (await connection.within(connection.client.xinfo('GROUPS', stream))) as unknown[][];
    for (const info of groups) names.add(String(info[info.indexOf('name') + 1]).replace(/~\d+$/, ''));
  }
  return [...names].filter(isName);
}

function conflict(group: string, partition: number): BackboneError {
  const message = `the group ${group.replace(/~\d+$/, '')} has events open in partition ${partition}`;
  return new BackboneError(
    'EB_CONFLICT',
    `${message}; nothing was changed, stop the producers and try again when its consumers have handled everything`,
    { details: { path: 'partition', partition } },
  );
}
