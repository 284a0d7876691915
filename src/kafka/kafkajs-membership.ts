import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import type { MemberListener, PartitionOffset } from './kafka-driver.js';
import { deferred } from './deferred.js';
import { KafkaCallError } from './kafka-failure.js';
import type { KafkaConnection } from './kafka-options.js';
import { kafkajsClient, RETRY } from './kafkajs-client.js';
import { KafkajsHeartbeat } from './kafkajs-heartbeat.js';
import { KafkajsSockets } from './kafkajs-sockets.js';
import { storedRecord } from './kafkajs-record.js';
import type { StickyAssigner } from './sticky-assigner.js';
import { untilOver } from './until-over.js';

const MOST_SIDE_BY_SIDE = 64;
const FETCH_WAIT_MS = 200;

/** What a membership is of. */
export interface MembershipOf {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly groupId: string;
  readonly listener: MemberListener;
  /** Partitions that are not to be read; shared by all lives of a member. */
  readonly paused: ReadonlySet<number>;
  /** Knows what the member holds; shared by all its lives. */
  readonly sticky: StickyAssigner;
}

/**
 * One life of a member of a group: a kafkajs consumer from its start to its first failure. kafkajs rejoins by itself, for
 * several reasons and at once, so the one place where it can be made to wait is its request to join: that is held back
 * until what is in hand was finished and committed.
 */
export class KafkajsMembership {
  readonly #of: MembershipOf;
  readonly #sockets: KafkajsSockets;
  readonly #consumer: Consumer;
  readonly #heartbeat: KafkajsHeartbeat;
  readonly #failed = deferred<unknown>();
  /** Rejects with what makes running batches return: a sign of a rebalance. */
  #leave = deferred<never>();
  #running: Promise<unknown> = Promise.resolve();
  #assigned: Promise<unknown> = Promise.resolve();
  #commits: Promise<unknown> = Promise.resolve();
  #stored = 0;
  #generation = 0;
  #isAssigning = true;
  #isDrained = false;

  constructor(of: MembershipOf) {
    this.#of = of;
    const { connection, groupId, sticky } = of;
    this.#sockets = new KafkajsSockets((isMember, request) => this.#beforeJoin(isMember, request));
    const client = kafkajsClient(connection, this.#sockets, ({ message }) => {
      // kafkajs would now commit an offset of its own choice; an error from here keeps it from that.
      if (message.includes('Offset out of range')) throw new OffsetOutOfRange();
    });
    const everyMs = Math.max(50, Math.floor(connection.sessionTimeoutMs / 6));
    this.#consumer = client.consumer({
      groupId,
      // Members of another kind in the group can do with the second.
      partitionAssigners: [
        untilOver(sticky.assigner, () => this.#failed.isSettled()),
        kafkajs.PartitionAssigners.roundRobin,
      ],
      sessionTimeout: connection.sessionTimeoutMs,
      rebalanceTimeout: connection.rebalanceTimeoutMs,
      heartbeatInterval: everyMs,
      metadataMaxAge: 30_000,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: 1,
      // What is read at once must be decoded at once, while nothing else runs.
      maxBytesPerPartition: 256 * 1024,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#heartbeat = new KafkajsHeartbeat(everyMs, Math.max(1_000, connection.sessionTimeoutMs / 2), {
      sign: (error) => this.#leave.reject(error),
      expelled: (error) => this.#expel(error),
      lost: (error) => this.#fail(error),
    });
    const { events } = this.#consumer;
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#join(payload.memberAssignment[of.topic] ?? []));
    this.#consumer.on(events.CRASH, ({ payload }) => this.#fail(payload.error));
    this.#consumer.on(events.HEARTBEAT, ({ payload }) => sticky.inGeneration(payload.groupGenerationId));
    this.#consumer.on(events.COMMIT_OFFSETS, () => void (this.#stored += 1));
  }

  /** Whether it ever became a member. */
  get hasJoined(): boolean {
    return this.#generation > 0;
  }

  /** Joins and reads; resolves to what it failed with, or to nothing after {@link end}. */
  live(): Promise<unknown> {
    this.#running = this.#start().catch((error: unknown) => this.#fail(error));
    return this.#failed.promise;
  }

  /** Stores offsets; kafkajs resolves without having done so when it is about to rejoin or to stop. */
  commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const committed = this.#commits.then(() => this.#commit(offsets));
    this.#commits = committed.catch(() => undefined);
    return committed;
  }

  pause(partition: number): void {
    if (this.hasJoined && !this.#failed.isSettled())
      this.#consumer.pause([{ topic: this.#of.topic, partitions: [partition] }]);
  }

  resume(partition: number): void {
    if (!this.hasJoined || this.#failed.isSettled() || this.#isAssigning) return;
    this.#consumer.resume([{ topic: this.#of.topic, partitions: [partition] }]);
  }

  seek(partition: number, offset: bigint): void {
    if (!this.hasJoined || this.#failed.isSettled()) return;
    this.#consumer.seek({ topic: this.#of.topic, partition, offset: String(offset) });
  }

  /** Leaves the group, by the deadline with its connections cut. */
  async end(timeoutMs: number): Promise<void> {
    this.#failed.resolve(undefined);
    this.#leave.reject(new KafkaCallError('refused', 'the member is leaving'));
    // Nobody knows of it yet: nothing to say goodbye to.
    if (this.#sockets.joined === 0) {
      this.#heartbeat.stop();
      this.#sockets.destroy();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    // A disconnect during `run` would leave a consumer behind that goes on by itself.
    const left = this.#running.then(() => this.#consumer.disconnect()).catch(() => undefined);
    await Promise.race([left, late]);
    clearTimeout(timer);
    this.#heartbeat.stop();
    this.#sockets.destroy();
  }

  async #start(): Promise<void> {
    await this.#consumer.connect();
    if (this.#failed.isSettled()) return;
    await this.#consumer.subscribe({ topic: this.#of.topic, fromBeginning: true });
    if (this.#failed.isSettled()) return;
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: MOST_SIDE_BY_SIDE,
      eachBatch: (payload) => this.#batch(payload),
    });
  }

  async #batch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    this.#heartbeat.by(() => payload.heartbeat());
    // It is paused meanwhile, so that this does not spin.
    if (this.#failed.isSettled() || this.#isAssigning || payload.isStale()) return;
    const leave = this.#leave.promise;
    // What is given away soon is not begun.
    if (this.#leave.isSettled()) await leave;
    const { partition, messages } = batch;
    const generation = this.#generation;
    try {
      const records = messages.map((message) => storedRecord(partition, message));
      const taken = this.#of.listener
        .records(partition, records, BigInt(batch.highWatermark))
        .catch((error: unknown) => {
          this.#fail(error);
          return leave;
        });
      await Promise.race([taken, leave]);
    } catch (error) {
      if (this.#failed.isSettled() || generation !== this.#generation) return;
      throw error;
    }
    const last = messages.at(-1);
    if (last && generation === this.#generation && !payload.isStale()) payload.resolveOffset(last.offset);
  }

  /** Called by kafkajs before it hands over anything of the new assignment. */
  #join(partitions: readonly number[]): void {
    this.#generation += 1;
    this.#isAssigning = true;
    this.#isDrained = false;
    this.#leave.reject(new KafkaCallError('refused', 'the group was shared out anew'));
    this.#leave = deferred<never>();
    const { topic, listener, sticky } = this.#of;
    sticky.joined(partitions);
    this.#consumer.pause([{ topic, partitions: [...partitions] }]);
    listener.revoked();
    const generation = this.#generation;
    const before = this.#assigned;
    this.#assigned = Promise.all([before, this.#running])
      .then(() =>
        generation === this.#generation && !this.#failed.isSettled() ? this.#assign(generation, partitions) : undefined,
      )
      .catch((error: unknown) => this.#fail(error));
  }

  async #assign(generation: number, partitions: readonly number[]): Promise<void> {
    const { topic, listener, paused } = this.#of;
    const starts = await listener.assigned(partitions);
    if (generation !== this.#generation || this.#failed.isSettled()) return;
    for (const { partition, offset } of starts) this.seek(partition, offset);
    this.#isAssigning = false;
    const free = partitions.filter((partition) => !paused.has(partition));
    this.#consumer.resume([{ topic, partitions: free }]);
  }

  #beforeJoin(isMember: boolean, request: Buffer): Promise<void> | undefined {
    const { listener, connection, sticky } = this.#of;
    if (!this.hasJoined || this.#failed.isSettled()) return undefined;
    // Without its id it was expelled, and what it has in hand belongs to others.
    if (!isMember) {
      listener.revoked();
      return undefined;
    }
    if (!listener.busy || this.#isDrained) return undefined;
    this.#isDrained = true;
    const { rebalanceTimeoutMs, sessionTimeoutMs } = connection;
    // The group's patience began before we heard of it.
    const patienceMs = Math.max(rebalanceTimeoutMs / 2, rebalanceTimeoutMs - sessionTimeoutMs / 2);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
    const drained = listener.revoking().catch((error: unknown) => listener.failed(error, false));
    return Promise.race([drained, late, this.#failed.promise]).then(() => {
      clearTimeout(timer);
      sticky.retell(request);
    });
  }

  async #commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const { topic } = this.#of;
    const before = this.#stored;
    if (this.hasJoined && !this.#failed.isSettled()) {
      try {
        await this.#consumer.commitOffsets(
          offsets.map(({ partition, offset }) => ({ topic, partition, offset: String(offset) })),
        );
      } catch (error) {
        this.#heartbeat.failed(error);
        throw error;
      }
    }
    if (this.#stored === before) throw new KafkaCallError('refused', 'the member is not in its group now');
    this.#heartbeat.succeeded();
  }

  #expel(error: unknown): void {
    if (this.#failed.isSettled()) return;
    this.#of.listener.revoked();
    this.#leave.reject(error);
  }

  #fail(error: unknown): void {
    this.#failed.resolve(error);
  }
}

/** Ends a life before kafkajs moves the group to an offset of its own choice. */
class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';
  readonly type = 'OFFSET_OUT_OF_RANGE';
  readonly retriable = false;

  constructor() {
    super('the records at the offset where the group stood are gone');
  }
}
