import { checkedName, type Stream } from '../core/index.js';

/** Every key of one partition of a stream. All of them share one hash tag, so that one script may touch them. */
export interface StreamKeys {
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
}

/** The prefix that every key begins with when the application names none. */
export const DEFAULT_PREFIX = 'eb';

/** Makes the keys of a stream's partition: `eb:{environment:contract:partition}:...`. */
export function streamKeys(prefix: string, stream: Stream, partition: number): StreamKeys {
  const environment = checkedName('environment', stream.environment);
  const contract = checkedName('contract name', stream.contract);
  const base = `${checkedName('key prefix', prefix)}:{${environment}:${contract}:${partition}}:`;
  const event = `${base}event:`;
  const personal = `${base}personal:`;
  return {
    stream: `${base}stream`,
    event: (id) => event + id,
    personal: (id) => personal + id,
    staged: (id, nonce) => `${base}staged:${id}:${nonce}`,
    group: (group) => `${base}group:${checkedName('group', group)}`,
    dead: (group) => `${base}dead:${checkedName('group', group)}`,
  };
}

/** The name of a group on the server: with its epoch, so that a reset leaves old consumers without a group. */
export function groupName(group: string, epoch: string): string {
  return `${checkedName('group', group)}~${epoch}`;
}
