import { isName, type GroupState } from '../core/index.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

/** Says how each group of a stream stands; nothing when there is no stream. */
export async function groupStates(connection: RedisConnection, keys: StreamKeys): Promise<readonly GroupState[]> {
  const { client } = connection;
  if ((await connection.within(client.exists(keys.stream))) === 0) return [];
  const groups = (await connection.within(client.xinfo('GROUPS', keys.stream))) as unknown[][];
  return Promise.all(groups.map((group) => groupState(connection, keys, infoOf(group))));
}

type Info = ReadonlyMap<string, unknown>;

function infoOf(flat: readonly unknown[]): Info {
  const info = new Map<string, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) info.set(String(flat[i]), flat[i + 1]);
  return info;
}

async function groupState(connection: RedisConnection, keys: StreamKeys, info: Info): Promise<GroupState> {
  const group = String(info.get('name')).replace(/~\d+$/, '');
  const lag = info.get('lag');
  return {
    group,
    consumers: Number(info.get('consumers')),
    pending: Number(info.get('pending')),
    lag: lag === null || lag === undefined ? undefined : Number(lag),
    deadLetters: isName(group) ? await connection.within(connection.client.xlen(keys.dead(group))) : 0,
    delivered: [{ partition: 0, id: String(info.get('last-delivered-id')) }],
  };
}
