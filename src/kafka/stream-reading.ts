import { BackboneError, type Checkpoint, type ReadEvent, type ReadOptions } from '../core/index.js';
import { channelError } from './channel-error.js';
import { isPassedBy, readEvent, type EventRead } from './event-record.js';
import type { KafkaDriver, Watermarks } from './kafka-driver.js';
import { pauseMs } from './pause-ms.js';
import { readRecords } from './read-records.js';
import { topicNames } from './topic-names.js';

/** What a read works with. */
export interface ReadingInput {
  readonly driver: KafkaDriver;
  readonly exists: (topic: string) => Promise<boolean>;
  /** Fetches the fields of events that are not in their records. */
  readonly fill: (events: readonly EventRead[]) => Promise<void>;
}

const DEFAULT_BATCH_SIZE = 100;
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
  if (follow && until) throw new BackboneError('EB_ARGUMENT', 'a read that follows has no end; leave out `until`');
  const { events: topic } = topicNames(stream);
  const reached = new Map<number, bigint>();
  try {
    for (let isFirst = true; isFirst || follow?.aborted === false; isFirst = false) {
      const ranges = (await marksOf(input, topic))
        .map(({ partition, low, high }) => {
          const behind = reached.get(partition) ?? offsetBehind(after, partition) ?? low;
          const end = until ? (offsetBehind(until, partition) ?? 0n) : high;
          return { partition, from: behind > low ? behind : low, to: end < high ? end : high };
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
  const batchSize = Math.max(1, options.batchSize ?? DEFAULT_BATCH_SIZE);
  let read: EventRead[] = [];
  for await (const records of readRecords(driver, topic, ranges)) {
    for (const record of records) {
      if (options.follow?.aborted) return;
      if (isPassedBy(record)) continue;
      const event = readEvent(record, (name) => wantedFields?.has(name) ?? true);
      const { message } = event.delivery;
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
  return { position, appendedAt, ...(message && { message }), ...(malformed && { malformed }) };
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
