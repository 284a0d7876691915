import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import kafkajs, { type Consumer } from 'kafkajs';
import { deferred } from './deferred.js';
import type { StoredRecord } from './kafka-driver.js';
import { KafkaCallError } from './kafka-failure.js';
import type { KafkaConnection } from './kafka-options.js';
import { kafkajsClient, RETRY } from './kafkajs-client.js';
import { storedRecord } from './kafkajs-record.js';
import { KafkajsSockets } from './kafkajs-sockets.js';
import { untilOver } from './until-over.js';

const MOST_WAITING = 8;
const RECORDS_A_TURN = 500;
const STALLED_MS = 15_000;

/** From which offset up to which one (exclusive) to read a partition. */
export interface ReadRange {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Reads ranges that exist, by a consumer in a group of its own for a short time: kafkajs cannot fetch without one. The
 * end is told by position, since the records of a range may be fewer than its offsets.
 */
export async function* readRanges(
  connection: KafkaConnection,
  topic: string,
  ranges: readonly ReadRange[],
  onLeft: (groupId: string) => void,
): AsyncGenerator<readonly StoredRecord[]> {
  const left = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, { ...range }]));
  if (left.size === 0) return;
  const groupId = `${connection.clientId}.read.${randomUUID()}`;
  const sockets = new KafkajsSockets();
  const client = kafkajsClient(connection, sockets, ({ message }) => {
    if (message.includes('Offset out of range'))
      throw new KafkaCallError('fatal', 'records were removed while being read');
  });
  let isOver = false;
  const consumer = client.consumer({
    groupId,
    partitionAssigners: [untilOver(kafkajs.PartitionAssigners.roundRobin, () => isOver)],
    sessionTimeout: connection.sessionTimeoutMs,
    heartbeatInterval: Math.floor(connection.sessionTimeoutMs / 6),
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
  });
  const waiting: (readonly StoredRecord[])[] = [];
  let changed = deferred<undefined>();
  let failure: unknown;
  const change = () => {
    changed.resolve(undefined);
    changed = deferred();
  };
  const cameTo = (partition: number, next: bigint) => {
    const range = left.get(partition);
    if (!range || next <= range.from) return;
    range.from = next;
    if (next >= range.to) {
      left.delete(partition);
      consumer.pause([{ topic, partitions: [partition] }]);
    }
    change();
  };
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    failure = payload.error;
    change();
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const partitions = payload.memberAssignment[topic] ?? [];
    consumer.pause([{ topic, partitions: partitions.filter((partition) => !left.has(partition)) }]);
    for (const { partition, from } of left.values()) consumer.seek({ topic, partition, offset: String(from) });
  });
  // What is filtered out, such as the marks of transactions, is told here only.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    cameTo(payload.partition, BigInt(payload.lastOffset) + 1n);
  });
  const running = run(consumer, topic, async (partition, records) => {
    const range = left.get(partition);
    const wanted = range ? records.filter(({ offset }) => offset >= range.from && offset < range.to) : [];
    if (wanted.length > 0) waiting.push(wanted);
    const last = records.at(-1);
    if (last) cameTo(partition, last.offset + 1n);
    // A reader that takes its time makes the next fetch wait; if that outlasts the session, reading goes on behind it.
    while (waiting.length > MOST_WAITING && !isOver) await changed.promise;
  }).catch((error: unknown) => {
    failure ??= error;
    change();
  });
  try {
    while (left.size > 0 || waiting.length > 0) {
      const batch = waiting.shift();
      if (batch) {
        change();
        for (let i = 0; i < batch.length; i += RECORDS_A_TURN) {
          // The next fetch goes out, and comes in, while these are handled.
          await nextTurn();
          yield batch.slice(i, i + RECORDS_A_TURN);
        }
      } else {
        if (failure !== undefined) throw asError(failure);
        await withinMs(changed.promise, STALLED_MS);
      }
    }
  } finally {
    isOver = true;
    change();
    await Promise.race([running.then(() => consumer.disconnect()), after(2_000)]).catch(() => undefined);
    sockets.destroy();
    onLeft(groupId);
  }
}

async function run(
  consumer: Consumer,
  topic: string,
  take: (partition: number, records: readonly StoredRecord[]) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (payload) => {
      const { partition, messages } = payload.batch;
      if (payload.isStale()) return;
      await take(
        partition,
        messages.map((message) => storedRecord(partition, message)),
      );
      const last = messages.at(-1);
      if (last) payload.resolveOffset(last.offset);
    },
  });
}

async function withinMs(change: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KafkaCallError('unknown', 'Kafka sent nothing more of what is there')), ms);
  });
  try {
    await Promise.race([change, late]);
  } finally {
    clearTimeout(timer);
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new KafkaCallError('fatal', 'reading failed');
}
