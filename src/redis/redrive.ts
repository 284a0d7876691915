import { parksKey } from './dead-letters.js';
import { epochOf, type StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { letterKeys, REDRIVE, REDRIVE_KEY } from './scripts/letters.js';

const PAGE = 500;

/** A group of one partition, on a connection. */
export interface GroupOnServer {
  readonly connection: RedisConnection;
  readonly keys: StreamKeys;
  readonly group: string;
  /** The group's name on the server. */
  readonly groupName: string;
}

/** Hands the events of dead letters to their group again, with all others of a parked key; returns how many were found. */
export async function redriveLetters(on: GroupOnServer, ids: readonly string[]): Promise<number> {
  const { connection, keys, group, groupName } = on;
  const reply = await connection.run(REDRIVE, letterKeys(keys, group), [groupName, ...ids]);
  const [found, parked] = reply as [number, string[]];
  for (const key of parked) await redriveKey(on, key);
  return found;
}

/** Hands out again all that was set aside of a parked key, in the order of the stream. */
export async function redriveKey(on: GroupOnServer, key: string): Promise<void> {
  const { connection, keys, group, groupName } = on;
  const epoch = epochOf(groupName);
  const ids: string[] = [];
  let after = '-';
  for (let known = -1; ;) {
    for (;;) {
      const page = await connection.within(connection.client.xrange(keys.dead(group), after, '+', 'COUNT', PAGE));
      ids.push(...page.filter((entry) => parksKey(entry, key, epoch)).map(([id]) => id));
      const last = page.at(-1);
      if (last) after = `(${last[0]}`;
      if (page.length < PAGE) break;
    }
    // More may be set aside meanwhile; when nothing is, the count itself is wrong and not worth waiting for.
    const args = [groupName, key, ids.length === known ? 'all' : 'counted', ...ids];
    if (Number(await connection.run(REDRIVE_KEY, letterKeys(keys, group), args)) >= 0) return;
    known = ids.length;
  }
}
