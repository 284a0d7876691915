import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { ACQUIRE, COMPETE, EXTEND, GIVE_BACK } from './scripts/partition.js';
import { otherLayout } from './partition-layout.js';

/** The right of one consumer to be the only one of its group that reads a partition. */
export interface PartitionLease {
  /** The consumer's name on the server while it holds this lease; no other lease has it, an earlier one of its own neither. */
  readonly consumer: string;
  /** The key of the hash that says who holds the partition. */
  readonly state: string;
}

/** A lease, with the number of pending events that are gone from the stream, or why there is none. */
export type Acquired = { readonly lease: PartitionLease; readonly gone: number } | 'held' | 'competing';

/** Takes the lease of a partition if it is free, over, or this consumer's own. Fails when the group is not there. */
export async function acquirePartition(
  connection: RedisConnection,
  keys: StreamKeys,
  { group, consumer, leaseMs }: { readonly group: string; readonly consumer: string; readonly leaseMs: number },
): Promise<Acquired> {
  const state = keys.group(group);
  const reply = await connection.run(ACQUIRE, [keys.stream, state], [group, consumer, leaseMs]);
  const [name, gone] = reply as [string, number | undefined];
  return gone === undefined ? (name as 'held' | 'competing') : { lease: { consumer: name, state }, gone };
}

/** Keeps a lease for another while; false when it is over. */
export async function extendLease(
  connection: RedisConnection,
  lease: PartitionLease,
  leaseMs: number,
): Promise<boolean> {
  return (await connection.run(EXTEND, [lease.state], [lease.consumer, leaseMs])) === 1;
}

/** Ends a lease, so that others can have the partition at once. */
export async function giveBackLease(connection: RedisConnection, lease: PartitionLease): Promise<void> {
  await connection.run(GIVE_BACK, [lease.state], [lease.consumer]);
}

/**
 * Lets a consumer compete for the events of a stream that is not split and that nobody holds; `group` is its name on
 * the server.
 *
 * @throws BackboneError `EB_CHANNEL` when the stream is split.
 */
export async function compete(
  connection: RedisConnection,
  keys: StreamKeys,
  { state, group, consumer }: { readonly state: string; readonly group: string; readonly consumer: string },
): Promise<void> {
  const actual = Number(await connection.run(COMPETE, [keys.layout, state, keys.stream], [group, consumer]));
  if (actual !== 1) throw otherLayout(keys.stream, actual, 1);
}
