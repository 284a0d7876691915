import {
  BackboneError,
  checkedName,
  type Batch,
  type Channel,
  type Delivery,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
} from '../core/index.js';
import { consumerName } from './consumer-name.js';
import type { StreamKeys } from './keys.js';
import { HeldPartition } from './partition-held.js';
import type { PartitionLease } from './partition-lease.js';
import { PartitionShare } from './partition-share.js';
import type { RedisConnections } from './redis-connections.js';
import type { RedisSettings } from './redis-options.js';
import { RedisSubscription } from './redis-subscription.js';
import type { StreamLayouts } from './stream-layouts.js';
import { ANNOUNCE } from './scripts/partition.js';

/** What a subscription to a split stream is made of. */
export interface PartitionedSubscriptionInput {
  readonly channel: Channel;
  readonly connections: RedisConnections;
  readonly layouts: StreamLayouts;
  readonly settings: RedisSettings;
  readonly options: SubscribeOptions;
  readonly onClosed: () => void;
}

const END: IteratorResult<Batch> = { done: true, value: undefined };

/** One consumer of a group that shares the partitions of a stream: each of them is read by one consumer at a time. */
export class PartitionedSubscription implements Subscription {
  readonly #in: PartitionedSubscriptionInput;
  readonly #share: PartitionShare;
  /** Settled by a call that failed for other partitions: they may come again in the next one. */
  readonly #settledBefore = new WeakSet<Delivery>();
  #lastTaken: StreamKeys | undefined;
  #onChange: () => void = () => undefined;
  #error: BackboneError | undefined;
  #iterated = false;
  #left = false;
  #closed: Promise<void> | undefined;

  /** @throws BackboneError `EB_NAME` */
  constructor(input: PartitionedSubscriptionInput) {
    this.#in = input;
    const { channel, connections, layouts, settings, options } = input;
    const { stream, group, from = 'beginning' } = options;
    this.#share = new PartitionShare({
      ...{ channel, connections, settings, stream, from },
      agreed: () => layouts.agreed(stream),
      found: () => layouts.found(stream),
      group: checkedName('group', group),
      consumer: checkedName('consumer', options.consumer ?? consumerName()),
      announce: async (connection, all) => {
        const { types = [] } = options;
        if (types.length > 0)
          await Promise.all(all.map((keys) => connection.run(ANNOUNCE, [keys.types(group)], types)));
      },
      open: (keys, lease) => this.#open(keys, lease),
      onChange: () => this.#onChange(),
      onFatal: (error) => {
        this.#error = error;
        this.#onChange();
      },
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    if (this.#iterated) throw new BackboneError('EB_ARGUMENT', 'a subscription can be iterated once; subscribe again');
    this.#iterated = true;
    return {
      next: () => this.#next(),
      return: () => {
        this.#leave();
        return Promise.resolve(END);
      },
    };
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    if (this.#closed) {
      throw new BackboneError('EB_CLOSED', 'the subscription is closed; its deliveries were given back');
    }
    const lost = new Set<Delivery>();
    const settle = async (partition: number, some: readonly Settlement[]) => {
      const open = some.filter(({ delivery }) => !this.#settledBefore.has(delivery));
      const held = this.#share.held.get(partition);
      const notOwned = held ? await held.settle(open) : open.map(({ delivery }) => delivery);
      for (const delivery of notOwned) lost.add(delivery);
    };
    const parts = [...byPartition(settlements, ({ delivery }) => delivery)];
    const results = await Promise.allSettled(parts.map(([partition, some]) => settle(partition, some)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      for (const [i, [, some]] of parts.entries()) {
        if (results[i]?.status !== 'fulfilled') continue;
        for (const { delivery } of some) if (!lost.has(delivery)) this.#settledBefore.add(delivery);
      }
      throw failed.reason;
    }
    return settlements.map(({ delivery }) => delivery).filter((delivery) => lost.has(delivery));
  }

  async record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    const parts = [...byPartition(deliveries, (delivery) => delivery)];
    const record = async (partition: number, some: readonly Delivery[]) => {
      // Of a partition that is lost there is nothing to remember: its new holder does.
      await this.#share.held.get(partition)?.record(some, what);
    };
    await Promise.all(parts.map(([partition, some]) => record(partition, some)));
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #next(): Promise<IteratorResult<Batch>> {
    if (!this.#left) this.#share.start();
    for (;;) {
      if (this.#left) return END;
      const held = [...this.#share.held.values()];
      const error = this.#error ?? held.find((partition) => partition.error !== undefined)?.error;
      if (error !== undefined) throw error;
      const changed = new Promise<void>((resolve) => (this.#onChange = resolve));
      for (const partition of held) partition.read();
      const batch = this.#take();
      if (batch) return { done: false, value: batch };
      await changed;
    }
  }

  /** The first batch there is. The partition it comes from is the last one to be asked the next time. */
  #take(): Batch | undefined {
    const held = [...this.#share.held.values()];
    const next = held.findIndex(({ keys }) => keys === this.#lastTaken) + 1;
    for (const partition of [...held.slice(next), ...held.slice(0, next)]) {
      const batch = partition.take();
      if (!batch) continue;
      this.#lastTaken = partition.keys;
      const caughtUp = this.#share.isComplete && held.every((one) => one.caughtUp || one.isLeaving);
      if (batch.deliveries.length > 0 || caughtUp) return { deliveries: batch.deliveries, caughtUp };
      // At once: nobody asks again before something changes, and this may be the only partition that is read.
      partition.read();
    }
    return undefined;
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#share.leave();
    this.#onChange();
  }

  async #close(): Promise<void> {
    this.#leave();
    await this.#share.close();
    this.#in.onClosed();
  }

  #open(keys: StreamKeys, lease: PartitionLease): HeldPartition {
    const { channel, connections, settings, options } = this.#in;
    const held: HeldPartition = new HeldPartition({
      keys,
      lease,
      subscribe: (onLost) =>
        new RedisSubscription({
          ...{ channel, connections, keys, settings, lease },
          options: { ...options, onLost },
          onClosed: () => undefined,
        }),
      onLost: (lost) => options.onLost?.(lost),
      onChange: () => {
        if (held.isLost || held.hasLeft(Infinity)) this.#share.wake();
        this.#onChange();
      },
    });
    return held;
  }
}

/** Sorts by partition, each part in the order given. */
function byPartition<T>(all: readonly T[], deliveryOf: (one: T) => Delivery): ReadonlyMap<number, readonly T[]> {
  const parts = new Map<number, T[]>();
  for (const one of all) {
    const { partition } = deliveryOf(one).position;
    const part = parts.get(partition);
    if (part) part.push(one);
    else parts.set(partition, [one]);
  }
  return parts;
}
