import { BackboneError, reportChannel, type Channel, type Stream } from '../core/index.js';
import { groupName, type StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { ENSURE_GROUP } from './scripts/group.js';

// A stream's ids never go back: one entry from the future freezes its clock, or ends it.
const MAX_AHEAD_MS = 5 * 60 * 1000;

/** Which group to look for, and where it begins when it is not there. */
export interface GroupWanted {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly group: string;
  readonly from: 'beginning' | 'end';
  /** How far this process knows the group to be; absent when it has not seen it yet. */
  readonly known?: { readonly delivered: string; readonly lowestOpen: string | undefined };
}

/** A group as it stands on the server. */
export interface GroupFound {
  /** Its name on the server. */
  readonly name: string;
  /** The last id handed out. */
  readonly delivered: string;
  /** The last id that it had finished when a reset moved it back; empty when none did. */
  readonly replayedTo: string;
}

/** Makes sure that a group exists. To be asked again after every fault, and never to be remembered. */
export async function ensureGroup(
  connection: RedisConnection,
  keys: StreamKeys,
  { channel, stream, group, from, known }: GroupWanted,
): Promise<GroupFound> {
  const args = [group, from === 'end' ? '$' : '0', known?.delivered ?? '', known?.lowestOpen ?? ''];
  const reply = await connection.run(ENSURE_GROUP, [keys.stream, keys.group(group)], args);
  const [name, done, at, last, replayedTo] = reply as [string, string, string, string, string];
  if (done === 'created') reportChannel({ channel, kind: 'groupCreated', stream, group, reason: `begins after ${at}` });
  if (done === 'recreated') {
    const reason = `the group was gone from the server and begins again after ${at}`;
    reportChannel({ channel, kind: 'groupRecreated', stream, group, reason });
  }
  if (Number(last.split('-')[0]) > Date.now() + MAX_AHEAD_MS) {
    const reason = `the last id of ${keys.stream} is ${last}, in the future: something else writes to this stream`;
    reportChannel({ channel, kind: 'fault', stream, group, reason });
  }
  return { name, delivered: at, replayedTo };
}

/** The name under which a group stands on the server now, or an error when it has never been there. */
export async function currentGroupName(connection: RedisConnection, keys: StreamKeys, group: string): Promise<string> {
  const epoch = await connection.within(connection.client.hget(keys.group(group), 'epoch'));
  if (epoch !== null) return groupName(group, epoch);
  throw new BackboneError('EB_ARGUMENT', `the stream has no group "${group}"`);
}
