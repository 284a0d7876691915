import {
  BackboneError,
  beyondEnd,
  isWithinTimes,
  onlyPosition,
  type Checkpoint,
  type Position,
  type ReadEvent,
  type ReadOptions,
} from '../core/index.js';
import { channelError } from './channel-error.js';
import { isPassedBy, readEvent, type EventRead } from './event-record.js';
import type { KafkaDriver, PartitionOffset, Watermarks } from './kafka-driver.js';
import { pauseMs } from './pause-ms.js';
import { readRecords } from './read-records.js';
import { SharedTexts } from './shared-texts.js';
import { topicNames } from './topic-names.js';

/** What a read works with. */
export interface ReadingInput {
  readonly driver: KafkaDriver;
  readonly exists: (topic: string) => Promise<boolean>;
  /** Fetches the fields of events that are not in their records. */
  readonly fill: (events: readonly EventRead[]) => Promise<void>;
}

const DEFAULT_BATCH_SIZE = 100;
/** The last one that a `Date` can name. */
const LATEST_MS = 8.64e15;
const DECIMAL = /^\d{1,20}$/;

/** Reads a stream without a group: each partition up to the end that it has when reading begins, or on and on. */
export async function* readStream(
  input: ReadingInput,
  options: ReadOptions,
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  if (options.key !== undefined || options.ids) {
    throw new BackboneError('EB_UNSUPPORTED', 'the Kafka channel cannot read by key or id; read by range and filter');
  }
  const { stream, after = [], until, follow } = options;
  if (follow && (until ?? options.untilMs) !== undefined) {
    throw new BackboneError('EB_ARGUMENT', 'a read that follows has no end; leave out `until` and `untilMs`');
  }
  const { events: topic } = topicNames(stream);
  const reached = new Map<number, bigint>();
  try {
    for (let isFirst = true; isFirst || follow?.aborted === false; isFirst = false) {
      const marks = await marksOf(input, topic);
      if (isFirst) {
        await checkPositions(input, topic, marks, options);
        for (const { partition, offset } of await offsetsFrom(input, topic, marks, options)) {
          reached.set(partition, offset);
        }
      }
      const ranges = marks
        .map(({ partition, low, high }) => {
          const from = later(low, reached.get(partition), offsetBehind(after, partition));
          const end = until ? (offsetBehind(until, partition) ?? 0n) : high;
          return { partition, from, to: end < high ? end : high };
        })
        .filter(({ from, to }) => from < to && follow?.aborted !== true);
      if (ranges.length > 0) yield* readRanges(input, options, topic, ranges);
      for (const { partition, to } of ranges) reached.set(partition, to);
      if (!follow) return;
      if (isFirst || ranges.length > 0) yield [];
      else await pauseMs(2, follow);
    }
  } catch (error) {
    throw channelError('reading', error);
  }
}

/** The first offsets that a time lets begin: where the server knows of none, nothing is behind what it has now. */
async function offsetsFrom(
  { driver }: ReadingInput,
  topic: string,
  marks: readonly Watermarks[],
  { fromMs }: ReadOptions,
): Promise<readonly PartitionOffset[]> {
  if (fromMs === undefined || fromMs <= 0 || marks.length === 0) return [];
  return driver.offsetsAt(topic, Math.min(Math.ceil(fromMs), LATEST_MS));
}

/**
 * Refuses positions that lie behind the end of their partition, or in one that the topic does not have; where one event is
 * asked for, there is none then.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
async function checkPositions(
  { driver }: ReadingInput,
  topic: string,
  marks: readonly Watermarks[],
  options: ReadOptions,
): Promise<void> {
  const positions = onlyPosition(options) ? [] : [...(options.after ?? []), ...(options.until ?? [])];
  const isBeyond = (ends: ReadonlyMap<number, bigint>) => (position: Position) =>
    (offsetBehind([position], position.partition) ?? 0n) > (ends.get(position.partition) ?? 0n);
  const isSuspect = isBeyond(new Map(marks.map(({ partition, high }) => [partition, high])));
  if (!positions.some(isSuspect)) return;
  // What an open transaction hides was given out all the same.
  const ends = marks.length === 0 ? [] : await driver.ends(topic);
  if (!positions.some(isBeyond(new Map(ends.map(({ partition, offset }) => [partition, offset]))))) return;
  throw beyondEnd();
}

function later(first: bigint, ...others: readonly (bigint | undefined)[]): bigint {
  return others.reduce<bigint>((latest, one) => (one !== undefined && one > latest ? one : latest), first);
}

async function marksOf({ driver, exists }: ReadingInput, topic: string): Promise<readonly Watermarks[]> {
  return (await exists(topic)) ? driver.watermarks(topic) : [];
}

async function* readRanges(
  { driver, fill }: ReadingInput,
  options: ReadOptions,
  topic: string,
  ranges: Parameters<KafkaDriver['read']>[1],
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  const wantedTypes = options.types && new Set(options.types);
  const wantedFields = options.fields && new Set(options.fields);
  const isWanted = wantedFields && ((name: string) => wantedFields.has(name));
  const shared = new SharedTexts();
  const batchSize = Math.max(1, options.batchSize ?? DEFAULT_BATCH_SIZE);
  let read: EventRead[] = [];
  for await (const records of readRecords(driver, topic, ranges)) {
    for (const record of records) {
      if (options.follow?.aborted) return;
      if (isPassedBy(record)) continue;
      const event = readEvent(record, isWanted, shared);
      const { message, appendedAt } = event.delivery;
      if (!isWithinTimes(options, appendedAt)) continue;
      if (wantedTypes && !(message && wantedTypes.has(message.type))) continue;
      read.push(event);
      if (read.length < batchSize) continue;
      yield await filled(read, fill);
      read = [];
    }
  }
  if (read.length > 0) yield await filled(read, fill);
}

async function filled(read: readonly EventRead[], fill: ReadingInput['fill']): Promise<readonly ReadEvent[]> {
  await fill(read);
  return read.map(readEventOf);
}

/** An event as a reader without a group gets it. */
export function readEventOf({ delivery }: EventRead): ReadEvent {
  const { position, appendedAt, message, malformed } = delivery;
  if (malformed) return message ? { position, appendedAt, message, malformed } : { position, appendedAt, malformed };
  return message ? { position, appendedAt, message } : { position, appendedAt };
}

/**
 * The offset behind what a checkpoint has of a partition.
 *
 * @throws BackboneError `EB_ARGUMENT` for an id that this channel did not give out.
 */
export function offsetBehind(checkpoint: Checkpoint, partition: number): bigint | undefined {
  const id = checkpoint.find((position) => position.partition === partition)?.id;
  if (id === undefined) return undefined;
  if (DECIMAL.test(id)) return BigInt(id) + 1n;
  throw new BackboneError(
    'EB_ARGUMENT',
    `the position in partition ${partition} has an id that Kafka does not give out`,
  );
}
