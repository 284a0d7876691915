import kafkajs, { type Cluster, type Logger } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { StickyAssigner } from './sticky-assigner.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const topics = ['orders'];

describe('a sticky assigner', () => {
  it('leaves each member what it says it has, and the more so what it has in hand', async () => {
    const [old, young] = [member([4, 5, 6, 7]), member()];
    old.sticky.joined([0, 1, 2, 3, 4, 5, 6, 7]);
    const shares = await sharesOf({ old: old.tells(), young: young.tells() });
    expect(shares).toEqual({ old: [4, 5, 6, 7], young: [0, 1, 2, 3] });
  });

  it('gives to members that say nothing, or what it does not understand', async () => {
    const { sticky, tells } = member();
    sticky.joined([1]);
    const foreign = MemberMetadata.encode({ version: 0, topics, userData: Buffer.from('something of theirs') });
    const shares = await sharesOf({ ours: tells(), foreign, garbage: Buffer.from([1]), mute: Buffer.alloc(0) });
    expect(shares['ours']).toContain(1);
    expect(Object.values(shares).map(({ length }) => length)).toEqual([2, 2, 2, 2]);
  });

  it('brings a request that waits up to date', async () => {
    const inHand = [0, 1, 2, 3];
    const sticky = new StickyAssigner(() => inHand);
    sticky.joined([0, 1, 2, 3]);
    const request = Buffer.concat([Buffer.alloc(40, 7), tellOf(sticky), Buffer.alloc(3)]);
    const head = request.subarray(0, 40).toString('hex');
    inHand.splice(0, 2);
    sticky.retell(request);
    expect(request.subarray(0, 40).toString('hex')).toBe(head);
    expect(request.subarray(40, -3)).toEqual(tellOf(sticky));
    expect(await sharesOf({ old: request.subarray(40, -3), young: tellOf(new StickyAssigner(() => [])) }, 4)).toEqual({
      old: [2, 3],
      young: [0, 1],
    });
  });

  it('believes who has heard from the group last', async () => {
    const [away, present] = [member(), member()];
    away.sticky.joined([0, 1]);
    present.sticky.joined([0, 1]);
    present.sticky.inGeneration(12);
    expect(await sharesOf({ away: away.tells(), present: present.tells() }, 4)).toEqual({
      away: [2, 3],
      present: [0, 1],
    });
  });
});

const logger = {} as Logger;

function clusterOf(partitions: number): Cluster {
  const metadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId }));
  return { getNodeIds: () => [1, 2], findTopicPartitionMetadata: () => metadata } as unknown as Cluster;
}

function assignerOf(sticky: StickyAssigner, partitions: number) {
  return sticky.assigner({ cluster: clusterOf(partitions), groupId: 'group', logger });
}

function tellOf(sticky: StickyAssigner): Buffer {
  return assignerOf(sticky, 0).protocol({ topics }).metadata;
}

function member(inHand: readonly number[] = []) {
  const sticky = new StickyAssigner(() => inHand);
  return { sticky, tells: () => tellOf(sticky) };
}

async function sharesOf(told: Readonly<Record<string, Buffer>>, partitions = 8) {
  const members = Object.entries(told).map(([memberId, memberMetadata]) => ({ memberId, memberMetadata }));
  const assigned = await assignerOf(new StickyAssigner(() => []), partitions).assign({ members, topics });
  return Object.fromEntries(
    assigned.map(({ memberId, memberAssignment }) => [
      memberId,
      MemberAssignment.decode(memberAssignment)?.assignment['orders'] ?? [],
    ]),
  );
}
