import type { GroupState, Stream } from '../core/index.js';
import type { GroupFacts } from './group-log.js';
import type { GroupMembership } from './group-membership.js';
import type { KafkaDriver } from './kafka-driver.js';
import { readRecords } from './read-records.js';
import { groupId, topicNames } from './topic-names.js';

/**
 * How a group stands. Kafka knows what was committed; what is in hand is known of this channel's own consumers only, and
 * counts as not handed out yet where it is in others'.
 */
export async function groupState(
  driver: KafkaDriver,
  stream: Stream,
  group: string,
  { epoch, letters }: GroupFacts,
  members: readonly GroupMembership[],
): Promise<GroupState> {
  const { events } = topicNames(stream);
  const id = groupId(events, group, epoch?.epoch ?? 0);
  const [marks, ends, committed, known] = await Promise.all([
    driver.watermarks(events),
    // A transaction that hangs must show: what it holds back is behind, although nobody can read it yet.
    driver.ends(events),
    driver.committed(events, id),
    driver.group(id),
  ]);
  const reached = marks
    .map(({ partition, low, high: readable }) => {
      const high = ends.find((each) => each.partition === partition)?.offset ?? readable;
      const here = members.flatMap(({ owned }) => owned.get(partition)?.next ?? [])[0];
      const told = [committed, epoch?.start ?? []].flatMap(
        (all) => all.find((each) => each.partition === partition) ?? [],
      );
      return { partition, from: here ?? told[0]?.offset ?? low, high };
    })
    .sort((a, b) => a.partition - b.partition);
  const behind = reached.filter(({ from, high }) => from < high);
  const held = members.flatMap((member) => member.inHand);
  const inHand = held.map(({ appendedAt }) => appendedAt);
  return {
    group,
    consumers: known.members.length,
    pending: inHand.length,
    lag: behind.reduce((sum, { from, high }) => sum + Number(high - from), 0),
    oldestWaitingAt: await oldestOf(driver, events, behind),
    oldestPendingAt: inHand.length === 0 ? undefined : Math.min(...inHand),
    retrying: 0,
    deadLetters: letters.size,
    parkedKeys: 0,
    members: known.members.map(({ name, partitions }) => ({
      ...{ name, partitions },
      pending: held.filter(({ position }) => partitions.includes(position.partition)).length,
    })),
    delivered: reached.flatMap(({ partition, from }) => (from > 0n ? { partition, id: String(from - 1n) } : [])),
  };
}

async function oldestOf(
  driver: KafkaDriver,
  topic: string,
  behind: readonly { readonly partition: number; readonly from: bigint }[],
): Promise<number | undefined> {
  if (behind.length === 0) return undefined;
  const times: number[] = [];
  const ranges = behind.map(({ partition, from }) => ({ partition, from, to: from + 1n }));
  for await (const records of readRecords(driver, topic, ranges))
    times.push(...records.map(({ timestamp }) => timestamp));
  return times.length === 0 ? undefined : Math.min(...times);
}
