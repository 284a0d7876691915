import { checkedName, type Stream } from '../core/index.js';

/** Every key of one partition of a stream. All of them share one hash tag, so that one script may touch them. */
export interface StreamKeys {
  readonly partition: number;
  /** How many partitions the stream has as far as this channel knows; an append under another number is refused. */
  readonly partitions: number;
  /** The stream: order and metadata. */
  readonly stream: string;
  /** The hash of an event's arguments, and the memory of its append. */
  event(id: string): string;
  /** The hash of an event's personal arguments. */
  personal(id: string): string;
  /** Where a large event's fields wait for the append that makes them visible. */
  staged(id: string, nonce: string): string;
  /** The hash of a group's state: epoch and recovery cursor. */
  group(group: string): string;
  /** The stream of a group's dead letters. */
  dead(group: string): string;
  /** The hash of the positions that a group's dead letters refer to, each with the letter's id. */
  pins(group: string): string;
  /** The hash of what a group remembers about events that it has not settled, by position. */
  past(group: string): string;
  /** The hash of a group's parked keys, each with the number of its dead letters. */
  parked(group: string): string;
  /** The hash of the types that a group's members handle, each with when that was last heard. */
  types(group: string): string;
  /** The hash that says how many partitions the stream has: the same in each of them. Absent means one. */
  readonly layout: string;
  /** The hash that says which stretch of the stream the index by key holds, where there is one. */
  readonly keyIndex: string;
  /** The sorted set of the positions of a key's events, where the stream is indexed. */
  ofKey(key: string): string;
  /** The sorted set of a group's living consumers by when they were last heard; in partition 0 only. */
  members(group: string): string;
}

/** The prefix that every key begins with when the application names none. */
export const DEFAULT_PREFIX = 'eb';

/** Makes the keys of a stream's partition: `eb:{environment:contract:partition}:...`. */
export function streamKeys(prefix: string, stream: Stream, partition: number, partitions = 1): StreamKeys {
  const environment = checkedName('environment', stream.environment);
  const contract = checkedName('contract name', stream.contract);
  const base = `${checkedName('key prefix', prefix)}:{${environment}:${contract}:${partition}}:`;
  const event = `${base}event:`;
  const personal = `${base}personal:`;
  const ofGroup = (kind: string) => (group: string) => `${base}${kind}:${checkedName('group', group)}`;
  return {
    partition,
    partitions,
    stream: `${base}stream`,
    event: (id) => event + id,
    personal: (id) => personal + id,
    staged: (id, nonce) => `${base}staged:${id}:${nonce}`,
    group: ofGroup('group'),
    dead: ofGroup('dead'),
    pins: ofGroup('pins'),
    past: ofGroup('past'),
    parked: ofGroup('parked'),
    types: ofGroup('types'),
    layout: `${base}layout`,
    keyIndex: `${base}keys`,
    // A key may be any text; the hash tag comes before it.
    ofKey: (key) => `${base}key:${key}`,
    members: ofGroup('members'),
  };
}

/** The name of a group on the server: with its epoch, so that a reset leaves old consumers without a group. */
export function groupName(group: string, epoch: string): string {
  return `${checkedName('group', group)}~${epoch}`;
}

/** The epoch in the name of a group on the server. */
export function epochOf(groupName: string): string {
  return groupName.slice(groupName.lastIndexOf('~') + 1);
}
