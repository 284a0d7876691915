import { isBackboneError, type BackboneError, type Delivery } from '../core/index.js';
import { channelError } from './channel-error.js';
import type { EventRead } from './event-record.js';
import type { GroupMember, KafkaDriver, MemberListener, PartitionOffset, StoredRecord } from './kafka-driver.js';
import { PartitionIntake } from './partition-intake.js';
import { pauseMs } from './pause-ms.js';
import type { PartitionStart } from './start-offsets.js';
import { timeLimit } from './time-limit.js';

/** What a membership needs of the subscription that it works for. */
export interface MembershipHost {
  readonly driver: KafkaDriver;
  readonly topic: string;
  readonly groupId: string;
  readonly group: string;
  /** How many records of a partition may wait. */
  readonly room: number;
  /** Where to begin; what it rejects with and is no `EB_OFFSET_LOST` is tried again. */
  start(partitions: readonly number[], signal: AbortSignal): Promise<readonly PartitionStart[]>;
  /** Something was committed for the first time. */
  begun(): Promise<void>;
  /** There may be something to hand out. */
  changed(): void;
  lost(deliveries: readonly Delivery[]): void;
  waiting(error: BackboneError): void;
  /** Kafka does what it is asked to. */
  ready(): void;
  failed(error: BackboneError): void;
}

const FLUSH_MS = 200;
const FLUSH_COUNT = 500;

/** One stay in a Kafka group: partitions come and go, records come in, what is settled without a gap is committed. */
export class GroupMembership implements MemberListener {
  readonly #host: MembershipHost;
  readonly #member: GroupMember;
  readonly #ended = new AbortController();
  #owned = new Map<number, PartitionIntake>();
  // Taken away, and not known yet whether for good.
  #former = new Map<number, PartitionIntake>();
  #assigning = new AbortController();
  #assigned: Promise<void>;
  #isAssigned = false;
  #onAssigned: () => void = () => undefined;
  #draining = false;
  #idle: () => void = () => undefined;
  #unflushed = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #turn = 0;

  constructor(host: MembershipHost) {
    this.#host = host;
    this.#assigned = this.#nextAssignment();
    this.#member = host.driver.join(host.topic, host.groupId, this);
  }

  /** Also with nothing in hand: what waits must not be handed out while the group is being shared out. */
  get busy(): boolean {
    return this.#owned.size > 0 && !this.#ended.signal.aborted;
  }

  get handling(): readonly number[] {
    return [...this.#owned, ...this.#former].flatMap(([partition, { isIdle }]) => (isIdle ? [] : partition));
  }

  get inHand(): readonly Delivery[] {
    return [...this.#owned.values(), ...this.#former.values()].flatMap((intake) => intake.inHand);
  }

  /** The partitions that are this member's, with the positions that were handed out last. */
  get owned(): ReadonlyMap<number, PartitionIntake> {
    return this.#owned;
  }

  get isCaughtUp(): boolean {
    return this.#isAssigned && [...this.#owned.values()].every(({ isCaughtUp }) => isCaughtUp);
  }

  /** Takes up to so many events of all partitions into the hand. */
  take(max: number): readonly EventRead[] {
    if (this.#draining || this.#ended.signal.aborted) return [];
    const intakes = [...this.#owned.values()];
    const taken: EventRead[] = [];
    // A busy partition must not keep the others from their turn.
    this.#turn += 1;
    for (let i = 0; i < intakes.length && taken.length < max; i += 1) {
      const intake = intakes[(i + this.#turn) % intakes.length];
      if (intake) taken.push(...intake.take(max - taken.length));
    }
    if (this.#commitments().length > 0) this.#flushSoon();
    return taken;
  }

  holds(delivery: Delivery): boolean {
    return this.#owned.get(delivery.position.partition)?.holds(delivery) === true;
  }

  recordOf(delivery: Delivery): StoredRecord | undefined {
    return this.#owned.get(delivery.position.partition)?.recordOf(delivery);
  }

  /** Resolves when it is known which partitions this member has. */
  async known(): Promise<void> {
    while (!this.#isAssigned && !this.#ended.signal.aborted) await this.#assigned;
  }

  settle(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#owned.get(delivery.position.partition)?.settle(delivery);
    this.#unflushed += deliveries.length;
    if (this.#isIdle()) this.#idle();
    if (this.#unflushed >= FLUSH_COUNT) void this.flush();
    else this.#flushSoon();
  }

  /** Commits what is settled; resolves whether or not that worked, since it is tried again. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#assigning.abort();
    this.#stopAll();
    this.#idle();
    const { over, cancel } = timeLimit(timeoutMs / 2);
    await Promise.race([this.flush(), over]);
    cancel();
    clearTimeout(this.#timer);
    this.#onAssigned();
    await this.#member.close(timeoutMs / 2);
  }

  async assigned(partitions: readonly number[]): Promise<readonly PartitionOffset[]> {
    this.#assigning.abort();
    const assigning = new AbortController();
    this.#assigning = assigning;
    const starts = await this.#starts(partitions, assigning.signal);
    if (!starts || assigning.signal.aborted || this.#ended.signal.aborted) return [];
    const former = this.#former;
    this.#former = new Map();
    for (const { partition, ...start } of starts) {
      const kept = former.get(partition);
      // Another commit than ours: somebody else was there meanwhile.
      const isOurs = kept !== undefined && kept.committed === start.committed;
      if (isOurs) {
        kept.resume(start.high);
        former.delete(partition);
      }
      this.#owned.set(partition, isOurs ? kept : new PartitionIntake(this.#host.group, start));
    }
    const lost = [...former.values()].flatMap(({ inHand }) => inHand);
    if (lost.length > 0) this.#host.lost(lost);
    this.#draining = false;
    this.#isAssigned = true;
    this.#onAssigned();
    this.#host.ready();
    this.#flushSoon();
    this.#host.changed();
    return [...this.#owned].map(([partition, { next }]) => ({ partition, offset: next }));
  }

  async records(partition: number, records: readonly StoredRecord[], high: bigint): Promise<void> {
    const added = this.#owned.get(partition)?.add(records, high, this.#host.room);
    this.#host.changed();
    await added;
  }

  async revoking(): Promise<void> {
    this.#draining = true;
    this.#stopAll();
    if (!this.#isIdle() && !this.#ended.signal.aborted) {
      await new Promise<void>((resolve) => (this.#idle = resolve));
    }
    await this.flush();
  }

  revoked(): void {
    this.#assigning.abort();
    if (this.#isAssigned) this.#assigned = this.#nextAssignment();
    this.#stopAll();
    for (const [partition, intake] of this.#owned) this.#former.set(partition, intake);
    this.#owned = new Map();
  }

  failed(error: unknown, fatal: boolean): void {
    const told = channelError('consuming', error);
    if (fatal) this.#host.failed(told);
    else this.#host.waiting(told);
  }

  async #starts(partitions: readonly number[], signal: AbortSignal): Promise<readonly PartitionStart[] | undefined> {
    for (let attempt = 1; !signal.aborted && !this.#ended.signal.aborted; attempt += 1) {
      try {
        return await this.#host.start(partitions, signal);
      } catch (error) {
        if (isBackboneError(error, 'EB_OFFSET_LOST')) {
          this.#host.failed(error);
          return undefined;
        }
        this.#host.waiting(channelError('finding where to begin', error));
        await pauseMs(attempt, signal, 2_000);
      }
    }
    return undefined;
  }

  #nextAssignment(): Promise<void> {
    this.#isAssigned = false;
    return new Promise((resolve) => (this.#onAssigned = resolve));
  }

  #isIdle(): boolean {
    return [...this.#owned.values(), ...this.#former.values()].every(({ isIdle }) => isIdle);
  }

  #stopAll(): void {
    for (const intake of this.#owned.values()) intake.stop();
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  #commitments(): readonly (PartitionOffset & { readonly intake: PartitionIntake })[] {
    return [...this.#owned].flatMap(([partition, intake]) => {
      const offset = intake.commitment;
      return offset === undefined ? [] : { partition, offset, intake };
    });
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unflushed = 0;
    const commitments = this.#commitments();
    if (commitments.length === 0) return;
    try {
      await this.#member.commit(commitments.map(({ partition, offset }) => ({ partition, offset })));
      for (const { intake, offset } of commitments) intake.committed = offset;
      this.#host.ready();
      await this.#host.begun();
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.#host.waiting(channelError('committing', error));
      if (this.#owned.size > 0) this.#flushSoon();
    }
  }
}
