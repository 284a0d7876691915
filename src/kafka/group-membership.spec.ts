import { describe, expect, it, vi } from 'vitest';
import type { Delivery } from '../core/index.js';
import { GroupMembership, type MembershipHost } from './group-membership.js';
import type { KafkaDriver, PartitionOffset, StoredRecord } from './kafka-driver.js';

describe('a stay in a Kafka group', () => {
  it('keeps what is in hand when its partition comes back, and goes on behind it', async () => {
    const { membership, lost } = await stay();
    const [held] = take(membership, 1);
    membership.revoked();
    expect(await membership.assigned([0, 1])).toContainEqual({ partition: 0, offset: 1n });
    expect(lost).toEqual([]);
    expect(held && membership.holds(held)).toBe(true);
  });

  it('loses what is in hand when its partition goes to somebody else', async () => {
    const { membership, lost } = await stay();
    const held = take(membership, 1);
    membership.revoked();
    expect(await membership.assigned([1])).toEqual([{ partition: 1, offset: 0n }]);
    expect(lost).toEqual(held);
    expect(held.some((delivery) => membership.holds(delivery))).toBe(false);
  });

  it('loses what is in hand when its partition comes back and somebody has committed there meanwhile', async () => {
    const { membership, lost, server } = await stay();
    const held = take(membership, 1);
    membership.revoked();
    server.committed.set(0, 2n);
    expect(await membership.assigned([0])).toEqual([{ partition: 0, offset: 2n }]);
    expect(lost).toEqual(held);
  });

  it('hands out nothing while the group is shared out, and gives way once all is settled and committed', async () => {
    const { membership, server } = await stay();
    const held = take(membership, 2);
    let hasGivenWay = false;
    const given = membership.revoking().then(() => (hasGivenWay = true));
    expect(take(membership, 5)).toEqual([]);
    membership.settle(held.slice(0, 1));
    await Promise.resolve();
    expect(hasGivenWay).toBe(false);
    membership.settle(held.slice(1));
    await given;
    expect(server.committed.get(0)).toBe(2n);
  });

  it('commits again what was not confirmed, and never past what is open', async () => {
    const { membership, server } = await stay();
    const held = take(membership, 3);
    server.refuses = true;
    membership.settle(held.filter((_, i) => i !== 1));
    await membership.flush();
    expect(server.committed.get(0)).toBe(0n);
    server.refuses = false;
    await vi.waitUntil(() => server.committed.get(0) === 1n);
    await membership.close(1_000);
    expect(server.committed.get(0)).toBe(1n);
  });

  it('says when it waits for Kafka, and when it goes on', async () => {
    const { membership, server, told } = await stay();
    expect(told).toEqual(['ready']);
    membership.failed(new Error('no'), false);
    membership.revoked();
    expect(told).toEqual(['ready', 'waiting']);
    await membership.assigned([0]);
    expect(told).toEqual(['ready', 'waiting', 'ready']);
    await membership.records(0, records(5), 5n);
    server.refuses = true;
    membership.settle(take(membership, 1));
    await membership.flush();
    expect(told.at(-1)).toBe('waiting');
    server.refuses = false;
    await vi.waitUntil(() => told.at(-1) === 'ready');
    expect(server.committed.get(0)).toBe(1n);
    await membership.close(1_000);
  });

  it('waits with settlements until it is known whose the partitions are', async () => {
    const { membership } = await stay();
    membership.revoked();
    let isKnown = false;
    const known = membership.known().then(() => (isKnown = true));
    await Promise.resolve();
    expect(isKnown).toBe(false);
    await membership.assigned([0]);
    await known;
  });

  it('ends by its deadline although the server does not answer', async () => {
    const { membership, server } = await stay();
    membership.settle(take(membership, 1));
    server.hangs = true;
    await membership.close(100);
    expect(server.left).toBe(true);
  });
});

/** What a server would know of the group. */
class Server {
  readonly committed = new Map<number, bigint>([
    [0, 0n],
    [1, 0n],
  ]);
  refuses = false;
  hangs = false;
  left = false;

  readonly join = (): ReturnType<KafkaDriver['join']> => ({
    commit: (offsets: readonly PartitionOffset[]) => {
      if (this.hangs) return new Promise(() => undefined);
      if (this.refuses) return Promise.reject(new Error('no'));
      for (const { partition, offset } of offsets) this.committed.set(partition, offset);
      return Promise.resolve();
    },
    pause: () => undefined,
    resume: () => undefined,
    seek: () => undefined,
    close: () => {
      this.left = true;
      return Promise.resolve();
    },
  });
}

/** A member of two partitions, with five records in the first one. */
async function stay() {
  const server = new Server();
  const lost: Delivery[] = [];
  const told: string[] = [];
  const host: MembershipHost = {
    driver: { join: server.join } as unknown as KafkaDriver,
    topic: 'topic',
    groupId: 'topic~group~0',
    group: 'group',
    room: 100,
    start: (partitions) =>
      Promise.resolve(
        partitions.map((partition) => {
          const committed = server.committed.get(partition);
          return { partition, offset: committed ?? 0n, committed, high: 5n, replayedTo: 0n };
        }),
      ),
    begun: () => Promise.resolve(),
    changed: () => undefined,
    lost: (deliveries) => void lost.push(...deliveries),
    waiting: () => void told.push('waiting'),
    ready: () => void told.push('ready'),
    failed: () => undefined,
  };
  const membership = new GroupMembership(host);
  await membership.assigned([0, 1]);
  await membership.records(0, records(5), 5n);
  return { membership, lost, server, told };
}

function take(membership: GroupMembership, max: number): readonly Delivery[] {
  return membership.take(max).map(({ delivery }) => delivery);
}

function records(count: number): readonly StoredRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    partition: 0,
    offset: BigInt(i),
    timestamp: 1_000,
    key: null,
    value: Buffer.from('{}'),
    headers: {},
  }));
}
