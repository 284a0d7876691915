import { vi } from 'vitest';
import type { Redis } from 'ioredis';
import type { Stream } from 'nest-event-backbone/core';

/** The key of something of one partition of a stream. */
export function partitionKey({ environment, contract }: Stream, partition: number, rest = 'stream'): string {
  return `eb:{${environment}:${contract}:${partition}}:${rest}`;
}

/** Who holds each partition for the group "group", without the number of the lease. */
export async function ownersOf(client: Redis, stream: Stream, partitions: number): Promise<readonly string[]> {
  const owner = async (partition: number) => {
    const name = await client.hget(partitionKey(stream, partition, 'group:group'), 'owner');
    return (name ?? '').replace(/~\d+$/, '');
  };
  return Promise.all(Array.from({ length: partitions }, (_, partition) => owner(partition)));
}

/** Waits until the consumers hold so many partitions each. */
export async function untilHeld(
  client: Redis,
  stream: Stream,
  partitions: number,
  counts: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  let owners: readonly string[] = [];
  const held = () =>
    Object.entries(counts).every(([name, count]) => owners.filter((owner) => owner === name).length === count);
  await vi.waitUntil(
    async () => {
      owners = await ownersOf(client, stream, partitions);
      return held();
    },
    { timeout: 15_000, interval: 20 },
  );
  return owners;
}
