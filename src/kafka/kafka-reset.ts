import {
  checkedTarget,
  noSuchGroup,
  noSuchPosition,
  type CheckedTarget,
  type ResetTarget,
  type Stream,
} from '../core/index.js';
import type { EpochFact } from './control-record.js';
import type { GroupLog } from './group-log.js';
import type { KafkaDriver, PartitionOffset, Watermarks } from './kafka-driver.js';
import { offsetBehind } from './stream-reading.js';
import { groupId, topicNames } from './topic-names.js';

/** What a reset works with; the log is fresh. */
export interface ResetInput {
  readonly driver: KafkaDriver;
  readonly log: GroupLog;
  readonly stream: Stream;
  readonly group: string;
}

/**
 * Moves a group by writing down its next epoch. Each epoch is a Kafka group of its own, which the members join once they
 * read that: what an old consumer commits is of no use to anybody.
 *
 * @throws BackboneError `EB_ARGUMENT` for a group, a position or a time that there is not; nothing was changed then.
 */
export async function resetGroup({ driver, log, stream, group }: ResetInput, to: ResetTarget): Promise<void> {
  const known = log.group(group).epoch;
  if (!known) throw noSuchGroup(group);
  const target = checkedTarget(to, Date.now());
  const { events } = topicNames(stream);
  const committed = await driver.committed(events, groupId(events, group, known.epoch));
  const marks = await driver.watermarks(events);
  const start = await startOf(target, marks, (timeMs) => driver.offsetsAt(events, timeMs));
  const fact = {
    kind: 'epoch',
    epoch: known.epoch + 1,
    start,
    begun: false,
    replays: replaysOf(known, committed),
  } as const;
  await log.write([{ group, fact }]);
}

async function startOf(
  { end, after, timeMs }: CheckedTarget,
  marks: readonly Watermarks[],
  offsetsAt: (timeMs: number) => Promise<readonly PartitionOffset[]>,
): Promise<readonly PartitionOffset[]> {
  if (timeMs !== undefined) return offsetsAt(timeMs);
  if (!after) return marks.map(({ partition, low, high }) => ({ partition, offset: end === 'end' ? high : low }));
  for (const position of after) {
    const { high } = marks.find(({ partition }) => partition === position.partition) ?? {};
    const behind = offsetBehind([position], position.partition);
    if (high === undefined || behind === undefined || behind > high) throw noSuchPosition(position);
  }
  return marks.map(({ partition, low }) => ({ partition, offset: offsetBehind(after, partition) ?? low }));
}

/** What a reset has passed over was not handed to anybody: only an epoch that has come on has finished something. */
function replaysOf(
  { start, replays = [] }: EpochFact,
  committed: readonly PartitionOffset[],
): readonly PartitionOffset[] {
  const furthest = new Map(replays.map(({ partition, offset }) => [partition, offset]));
  for (const { partition, offset } of committed) {
    const began = offsetOf(start, partition);
    if (offset > began && offset > (furthest.get(partition) ?? 0n)) furthest.set(partition, offset);
  }
  return [...furthest].map(([partition, offset]) => ({ partition, offset }));
}

function offsetOf(offsets: readonly PartitionOffset[], partition: number): bigint {
  return offsets.find((each) => each.partition === partition)?.offset ?? 0n;
}
