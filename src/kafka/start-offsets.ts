import { BackboneError, type Stream } from '../core/index.js';
import type { GroupLog } from './group-log.js';
import type { KafkaDriver, PartitionOffset, Watermarks } from './kafka-driver.js';
import { pauseMs } from './pause-ms.js';
import { groupId, topicNames } from './topic-names.js';

/** What to do when Kafka no longer knows, or no longer has, where a group stands. */
export type OnOffsetLost = 'fail' | 'earliest' | 'latest';

/** Where a member begins in a partition, and what the server knows about it. */
export interface PartitionStart extends PartitionOffset {
  readonly committed: bigint | undefined;
  readonly high: bigint;
  /** Records below it had been finished when a reset moved the group back. */
  readonly replayedTo: bigint;
}

/** What is asked for of the places where a group begins. */
export interface StartInput {
  readonly driver: KafkaDriver;
  readonly log: GroupLog;
  readonly stream: Stream;
  readonly group: string;
  readonly from: 'beginning' | 'end';
  readonly onOffsetLost: OnOffsetLost;
}

const LONGEST_PAUSE_MS = 500;

/**
 * Finds where a member begins in its partitions: at what was committed, or where the group was told to begin. The member
 * that has the first partition writes down where a new group begins; the others wait for that.
 *
 * @throws BackboneError `EB_OFFSET_LOST` when records between what was committed and what is there are gone.
 */
export async function startOffsets(
  input: StartInput,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<readonly PartitionStart[]> {
  const { driver, log, stream, group, onOffsetLost } = input;
  const { events } = topicNames(stream);
  const { epoch, start, begun, replays = [] } = await epochOf(input, partitions.includes(0), signal);
  const committed = await driver.committed(events, groupId(events, group, epoch));
  // Asked for afterwards: others go on appending, and committing.
  const marks = await driver.watermarks(events);
  const marksOf = (partition: number): Watermarks =>
    marks.find((each) => each.partition === partition) ?? { partition, low: 0n, high: 0n };
  const isForgotten = begun && committed.length === 0;
  return partitions.map((partition) => {
    const { low, high } = marksOf(partition);
    const known = committed.find((each) => each.partition === partition)?.offset;
    const isLost = isForgotten || (known !== undefined && (known < low || known > high));
    if (isLost && onOffsetLost === 'fail') throw offsetLost(group, partition, isForgotten);
    const replayedTo = replays.find((each) => each.partition === partition)?.offset ?? 0n;
    const found = { partition, committed: known, high, replayedTo };
    if (isLost) return { ...found, offset: onOffsetLost === 'earliest' ? low : high };
    const told = start.find((each) => each.partition === partition)?.offset ?? low;
    return { ...found, offset: known ?? (told > low ? told : low) };
  });

  async function epochOf({ from }: StartInput, mayBegin: boolean, until: AbortSignal) {
    for (let attempt = 1; ; attempt += 1) {
      await log.refresh();
      const known = log.group(group).epoch;
      if (known) return known;
      if (until.aborted) throw new BackboneError('EB_CLOSED', 'the subscription was closed');
      if (mayBegin) {
        const ends = await driver.watermarks(events);
        const begin = ends.map(({ partition, low, high }) => ({ partition, offset: from === 'end' ? high : low }));
        await log.write([{ group, fact: { kind: 'epoch', epoch: 0, start: begin, begun: false } }]);
      } else {
        await pauseMs(attempt, until, LONGEST_PAUSE_MS);
      }
    }
  }
}

function offsetLost(group: string, partition: number, isForgotten: boolean): BackboneError {
  const what = isForgotten
    ? 'Kafka has forgotten how far it had come'
    : `what it had committed in partition ${partition} lies outside of what the topic holds`;
  return new BackboneError(
    'EB_OFFSET_LOST',
    `the group ${group} cannot go on: ${what}; events may be lost to it. Reset the group, or set onOffsetLost`,
    { details: { group, partition } },
  );
}
