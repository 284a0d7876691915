import { isName, type GroupMember, type GroupState, type Position } from '../core/index.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

/** How many of the events that a group remembers something about are looked at. */
const MOST_PAST = 10_000;

/** What the server says about something, by name. */
export type Info = ReadonlyMap<string, unknown>;

/** How a group stands in one partition. */
interface PartState extends Omit<GroupState, 'consumers' | 'delivered' | 'members'> {
  readonly consumers: readonly PartConsumer[];
  /** The consumer that holds the partition alone. */
  readonly owner: string | null;
  readonly delivered: Position;
}

/** A consumer in one partition. */
interface PartConsumer {
  readonly name: string;
  readonly pending: number;
  readonly idleMs: number;
}

/** Says how each group of a stream stands, all partitions together; nothing when there is no stream. */
export async function groupStates(
  connection: RedisConnection,
  partitions: readonly StreamKeys[],
): Promise<readonly GroupState[]> {
  const parts = (await Promise.all(partitions.map((keys) => partStates(connection, keys)))).flat();
  const names = [...new Set(parts.map(({ group }) => group))];
  return names.map((name) => together(parts.filter(({ group }) => group === name)));
}

/** Reads a flat list of names and values. */
export function infoOf(flat: readonly unknown[]): Info {
  const info = new Map<string, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) info.set(String(flat[i]), flat[i + 1]);
  return info;
}

async function partStates(connection: RedisConnection, keys: StreamKeys): Promise<readonly PartState[]> {
  const { client } = connection;
  if ((await connection.within(client.exists(keys.stream))) === 0) return [];
  const groups = (await connection.within(client.xinfo('GROUPS', keys.stream))) as unknown[][];
  return Promise.all(groups.map((group) => partState(connection, keys, infoOf(group))));
}

async function partState(connection: RedisConnection, keys: StreamKeys, info: Info): Promise<PartState> {
  const { client } = connection;
  const name = String(info.get('name'));
  const group = name.replace(/~\d+$/, '');
  const last = String(info.get('last-delivered-id'));
  const lag = info.get('lag');
  // A group that is not the library's own has no keys of ours.
  const own = isName(group);
  const [consumers, pending, waiting, past, deadLetters, parkedKeys, owner] = await connection.within(
    Promise.all([
      client.xinfo('CONSUMERS', keys.stream, name) as Promise<unknown[][]>,
      client.xpending(keys.stream, name) as Promise<[number, string | null]>,
      lag === 0 ? [] : client.xrange(keys.stream, `(${last}`, '+', 'COUNT', 1),
      own ? client.hscan(keys.past(group), 0, 'COUNT', MOST_PAST) : undefined,
      own ? client.xlen(keys.dead(group)) : 0,
      own ? client.hlen(keys.parked(group)) : 0,
      own ? client.hget(keys.group(group), 'owner') : null,
    ]),
  );
  const failed = (past?.[1] ?? []).filter((text, i) => i % 2 === 1 && !text.startsWith('0 '));
  return {
    group,
    consumers: consumers.map((consumer) => consumerOf(infoOf(consumer))),
    owner,
    pending: pending[0],
    lag: lag === null || lag === undefined ? undefined : Number(lag),
    oldestWaitingAt: waiting[0] && msOf(waiting[0][0]),
    oldestPendingAt: pending[1] === null ? undefined : msOf(pending[1]),
    retrying: failed.length,
    deadLetters,
    parkedKeys,
    delivered: { partition: keys.partition, id: last },
  };
}

function consumerOf(info: Info): PartConsumer {
  return { name: String(info.get('name')), pending: Number(info.get('pending')), idleMs: Number(info.get('idle')) };
}

/** A lease adds its epoch to the consumer's name, and what is redriven is nobody's for a while. */
function membersOf(parts: readonly PartState[]): readonly GroupMember[] {
  const members = new Map<string, { pending: number; idleMs: number; partitions: number[] | undefined }>();
  for (const { consumers, owner, delivered } of parts) {
    for (const { name: ownName, pending, idleMs } of consumers) {
      const [name = '', lease] = ownName.split('~');
      if (name === '') continue;
      const member = members.get(name) ?? { pending: 0, idleMs, partitions: undefined };
      member.pending += pending;
      member.idleMs = Math.min(member.idleMs, idleMs);
      if (lease !== undefined) member.partitions ??= [];
      if (ownName === owner) member.partitions?.push(delivered.partition);
      members.set(name, member);
    }
  }
  return [...members].map(([name, { partitions, ...member }]) => ({
    name,
    ...member,
    ...(partitions && { partitions }),
  }));
}

function together(parts: readonly PartState[]): GroupState {
  const sum = (of: (part: PartState) => number) => parts.reduce((total, part) => total + of(part), 0);
  const members = membersOf(parts);
  const oldest = (of: (part: PartState) => number | undefined) => {
    const times = parts.map(of).filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  return {
    group: parts[0]?.group ?? '',
    consumers: members.length,
    pending: sum(({ pending }) => pending),
    lag: parts.some(({ lag }) => lag === undefined) ? undefined : sum(({ lag }) => lag ?? 0),
    oldestWaitingAt: oldest(({ oldestWaitingAt }) => oldestWaitingAt),
    oldestPendingAt: oldest(({ oldestPendingAt }) => oldestPendingAt),
    retrying: sum(({ retrying }) => retrying),
    deadLetters: sum(({ deadLetters }) => deadLetters),
    parkedKeys: sum(({ parkedKeys }) => parkedKeys),
    delivered: parts.map(({ delivered }) => delivered),
    members,
  };
}

function msOf(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}
