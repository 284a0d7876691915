import kafkajs, { type Producer, type RecordMetadata } from 'kafkajs';
import type { KafkaRecord } from './kafka-driver.js';
import { KafkaCallError, kafkaFailure, kafkaReason, type KafkaFailure } from './kafka-failure.js';
import type { KafkaConnection } from './kafka-options.js';
import { kafkajsClient, RETRY } from './kafkajs-client.js';
import { KafkajsSockets } from './kafkajs-sockets.js';
import { ProduceLane, type Sending } from './produce-lane.js';
import { untilAborted } from './until-aborted.js';

/** An idempotent producer with its connections; used for no more after the first failure. */
interface Link {
  readonly producer: Producer;
  readonly sockets: KafkajsSockets;
  readonly connected: Promise<void>;
  /** Topics that were there. */
  readonly topics: Set<string>;
  users: number;
}

/**
 * Appends, each topic's records in order. After any failure the producer is replaced: kafkajs counts sequence numbers
 * back for partitions that did get their records, and the broker would then take new records for repeated ones.
 */
export class KafkajsProducer {
  readonly #connection: KafkaConnection;
  readonly #hasTopic: (topic: string) => Promise<boolean>;
  readonly #lanes = new Map<string, ProduceLane>();
  readonly #retired = new Set<Link>();
  #link: Link | undefined;
  #isClosed = false;

  constructor(connection: KafkaConnection, hasTopic: (topic: string) => Promise<boolean>) {
    this.#connection = connection;
    this.#hasTopic = hasTopic;
  }

  append(topic: string, records: readonly KafkaRecord[], timeoutMs: number): Promise<readonly bigint[]> {
    if (this.#isClosed) return Promise.reject(new KafkaCallError('unsent', 'the producer is closed'));
    if (records.length === 0) return Promise.resolve([]);
    let lane = this.#lanes.get(topic);
    lane ??= new ProduceLane((all, sending) => this.#send(topic, all, sending));
    this.#lanes.set(topic, lane);
    return lane.append(records, timeoutMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const lane of this.#lanes.values()) lane.close();
    for (const { sockets } of this.#retired) sockets.destroy();
    const link = this.#link;
    this.#link = undefined;
    if (link) await disconnect(link);
  }

  async #send(topic: string, records: readonly KafkaRecord[], sending: Sending): Promise<readonly bigint[]> {
    try {
      return await this.#sendOnce(topic, records, sending);
    } catch (error) {
      // What a producer knows of a topic may be older than the topic's newest partition.
      if (!(error instanceof WrongPartition) || sending.signal.aborted) throw error;
      return await this.#sendOnce(topic, records, sending);
    }
  }

  async #sendOnce(topic: string, records: readonly KafkaRecord[], sending: Sending): Promise<readonly bigint[]> {
    const link = (this.#link ??= openLink(this.#connection));
    const before = link.sockets.produced;
    const isWritten = () => link.sockets.produced > before;
    // Who was told that nothing was sent must be right.
    const stop = () => {
      if (!isWritten()) link.sockets.destroy();
    };
    sending.isWritten = isWritten;
    sending.signal.addEventListener('abort', stop);
    link.users += 1;
    try {
      return await untilAborted(this.#sendBy(link, topic, records), sending.signal);
    } catch (error) {
      this.#retire(link);
      if (error instanceof WrongPartition) throw error;
      const failure = kafkaFailure(error);
      throw new KafkaCallError(
        isWritten() ? whenWritten(failure) : whenUnsent(failure),
        `appending to the topic failed: ${kafkaReason(error)}`,
      );
    } finally {
      sending.signal.removeEventListener('abort', stop);
      link.users -= 1;
      if (this.#retired.has(link) && link.users === 0) this.#drop(link);
    }
  }

  async #sendBy(link: Link, topic: string, records: readonly KafkaRecord[]): Promise<readonly bigint[]> {
    await link.connected;
    // kafkajs itself looks for a missing topic for many seconds.
    if (!link.topics.has(topic) && !(await this.#hasTopic(topic))) {
      throw new KafkaCallError('noTopic', 'there is no such topic');
    }
    link.topics.add(topic);
    const { compression } = this.#connection;
    const replies = await link.producer.send({
      topic,
      acks: -1,
      compression: compression === 'gzip' ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None,
      messages: records.map(({ partition, key, value, headers, timestamp }) => {
        const message = { partition, key, value, headers };
        return timestamp === undefined ? message : { ...message, timestamp: String(timestamp) };
      }),
    });
    return offsetsOf(records, replies);
  }

  #retire(link: Link): void {
    if (this.#link === link) this.#link = undefined;
    this.#retired.add(link);
  }

  #drop(link: Link): void {
    this.#retired.delete(link);
    link.sockets.destroy();
    // Its timers and retries end by themselves; it cannot connect any more.
    void disconnect(link);
  }
}

/** A record was to go to a partition that the topic does not have. */
class WrongPartition extends KafkaCallError {
  readonly retriable = false;

  constructor() {
    super('fatal', 'the topic has no such partition');
  }
}

function openLink(connection: KafkaConnection): Link {
  const sockets = new KafkajsSockets();
  const producer = kafkajsClient(connection, sockets).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
    retry: { ...RETRY, retries: 10 },
    // kafkajs leaves records out in silence that are for a partition it does not know.
    createPartitioner:
      () =>
      ({ partitionMetadata, message: { partition } }) => {
        if (partition === undefined || !partitionMetadata.some(({ partitionId }) => partitionId === partition)) {
          throw new WrongPartition();
        }
        return partition;
      },
  });
  const connected = producer.connect();
  connected.catch(() => undefined);
  return { producer, sockets, connected, topics: new Set(), users: 0 };
}

async function disconnect({ producer, sockets }: Link): Promise<void> {
  await Promise.race([
    producer.disconnect().catch(() => undefined),
    new Promise((end) => setTimeout(end, 1_000).unref()),
  ]);
  sockets.destroy();
}

function offsetsOf(records: readonly KafkaRecord[], replies: readonly RecordMetadata[]): readonly bigint[] {
  const next = new Map(replies.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? -1)]));
  return records.map(({ partition }) => {
    const offset = next.get(partition) ?? -1n;
    if (offset < 0n) throw new KafkaCallError('unknown', 'Kafka did not say what became of a record');
    next.set(partition, offset + 1n);
    return offset;
  });
}

function whenWritten(failure: KafkaFailure): KafkaFailure {
  // The last attempt tells nothing of the ones before it.
  return failure === 'unsent' || failure === 'refused' || failure === 'fatal' ? 'unknown' : failure;
}

function whenUnsent(failure: KafkaFailure): KafkaFailure {
  return failure === 'unknown' || failure === 'refused' ? 'unsent' : failure;
}
