import {
  isBackboneError,
  type BackboneError,
  type Batch,
  type Delivery,
  type Settlement,
  type Subscription,
} from '../core/index.js';
import type { StreamKeys } from './keys.js';
import type { PartitionLease } from './partition-lease.js';
import { channelError } from './redis-failure.js';

/** The subscription to one partition. */
type PartitionSubscription = Subscription & { unread(deliveries: readonly Delivery[]): void };

/** What a held partition is made of. */
export interface HeldPartitionOptions {
  readonly keys: StreamKeys;
  readonly lease: PartitionLease;
  /** Makes the partition's own subscription. */
  readonly subscribe: (onLost: (lost: readonly Delivery[]) => void) => PartitionSubscription;
  /** Told about deliveries in hand that another consumer has now. */
  readonly onLost: (lost: readonly Delivery[]) => void;
  /** Called when there is a batch to take, or reading has ended. */
  readonly onChange: () => void;
}

/** A partition that this consumer holds: reads ahead by one batch at most, and knows what is in hand of it. */
export class HeldPartition {
  readonly keys: StreamKeys;
  readonly lease: PartitionLease;
  readonly #o: HeldPartitionOptions;
  readonly #subscription: PartitionSubscription;
  readonly #iterator: AsyncIterator<Batch, unknown>;
  readonly #inHand = new Set<Delivery>();
  #batch: Batch | undefined;
  #reading = false;
  #readingInVain = false;
  #caughtUp = false;
  #leavingSince: number | undefined;
  /** True when this consumer does not hold the partition any more. */
  isLost = false;
  /** What no other try would change. */
  error: BackboneError | undefined;

  constructor(options: HeldPartitionOptions) {
    this.#o = options;
    this.keys = options.keys;
    this.lease = options.lease;
    this.#subscription = options.subscribe((lost) => this.#lose(lost));
    this.#iterator = this.#subscription[Symbol.asyncIterator]();
  }

  /** Reads the next batch, unless one is here or on its way already. */
  read(): void {
    if (this.#reading || this.#batch || this.isLeaving || this.isLost) return;
    this.#reading = true;
    void this.#read();
  }

  /** True when nothing newer was waiting behind what was taken last. */
  get caughtUp(): boolean {
    return this.#caughtUp && !this.#batch;
  }

  /** The batch that was read. */
  take(): Batch | undefined {
    const batch = this.#batch;
    if (!batch) return undefined;
    this.#batch = undefined;
    this.#caughtUp = batch.caughtUp;
    for (const delivery of batch.deliveries) this.#inHand.add(delivery);
    return batch;
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    const lost = await this.#subscription.settle(settlements);
    for (const { delivery } of settlements) this.#inHand.delete(delivery);
    if (settlements.some(({ park }) => park === true)) this.#readAgain();
    if (this.isLeaving) this.#o.onChange();
    return lost;
  }

  record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    return this.#subscription.record(deliveries, what);
  }

  /** Stops reading; what is in hand can still be settled. */
  leave(): void {
    this.#leavingSince ??= performance.now();
    this.#batch = undefined;
    void this.#iterator.return?.();
  }

  get isLeaving(): boolean {
    return this.#leavingSince !== undefined;
  }

  /** True once it has left and nothing is in hand any more, or it has waited so long for that. */
  hasLeft(withinMs: number): boolean {
    if (this.#leavingSince === undefined) return false;
    return this.#inHand.size === 0 || performance.now() - this.#leavingSince >= withinMs;
  }

  /** Tells who has something in hand that it is lost; returns how much that was. */
  loseAll(): number {
    this.isLost = true;
    this.#batch = undefined;
    const count = this.#inHand.size;
    this.#lose([...this.#inHand]);
    return count;
  }

  /** Gives back what was not settled. */
  close(): Promise<void> {
    return this.#subscription.close();
  }

  async #read(): Promise<void> {
    try {
      const next = await this.#iterator.next();
      if (next.done === true) this.isLost ||= !this.isLeaving;
      else if (this.#readingInVain) this.#subscription.unread(next.value.deliveries);
      else if (!this.isLeaving) this.#batch = next.value;
    } catch (error) {
      this.isLost = true;
      if (!isBackboneError(error, 'EB_LEASE_LOST')) this.error = channelError('reading', error);
    }
    this.#reading = false;
    this.#readingInVain = false;
    this.#o.onChange();
  }

  /** What was read ahead of a park may be of the parked key: read again, it is held back. */
  #readAgain(): void {
    this.#readingInVain = this.#reading;
    if (this.#batch) this.#subscription.unread(this.#batch.deliveries);
    this.#batch = undefined;
  }

  #lose(deliveries: readonly Delivery[]): void {
    if (this.#batch) {
      const { deliveries: ahead, caughtUp } = this.#batch;
      this.#batch = { deliveries: ahead.filter((delivery) => !deliveries.includes(delivery)), caughtUp };
    }
    const lost = deliveries.filter((delivery) => this.#inHand.delete(delivery));
    if (lost.length > 0) this.#o.onLost(lost);
  }
}
