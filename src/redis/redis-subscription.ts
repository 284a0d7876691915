import {
  BackboneError,
  checkedName,
  reportChannel,
  type Batch,
  type Channel,
  type Delivery,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
} from '../core/index.js';
import { consumerName } from './consumer-name.js';
import { DeliveryReader } from './delivery-reader.js';
import type { StreamKeys } from './keys.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { channelError, failureKind } from './redis-failure.js';
import type { RedisSettings } from './redis-options.js';
import { RECORD, RELEASE, SETTLE } from './scripts/delivery.js';
import { letterKeys } from './scripts/letters.js';
import type { Script, ScriptArgument } from './scripts/script.js';
import { settleArguments } from './settle-arguments.js';
import type { PartitionLease } from './partition-lease.js';

/** What a subscription is made of. */
export interface RedisSubscriptionInput {
  readonly channel: Channel;
  readonly connections: RedisConnections;
  readonly keys: StreamKeys;
  readonly settings: RedisSettings;
  readonly options: SubscribeOptions;
  readonly onClosed: () => void;
  /** The lease under which this is the only consumer of its partition; absent where consumers compete. */
  readonly lease?: PartitionLease;
}

const END: IteratorResult<Batch> = { done: true, value: undefined };
const READY_WITHIN_MS = 1_000;
// What a script passes on to one command is limited to some thousands.
const LARGEST_BATCH = 1_000;

/** One consumer of a group: hands out batches, settles them, and gives back the rest. */
export class RedisSubscription implements Subscription {
  readonly #in: RedisSubscriptionInput;
  readonly #consumer: string;
  readonly #leases: LeaseKeeper;
  readonly #reader: DeliveryReader;
  readonly #started = new WeakSet<Delivery>();
  #iterated = false;
  #closed: Promise<void> | undefined;

  /** @throws BackboneError `EB_NAME` */
  constructor(input: RedisSubscriptionInput) {
    this.#in = input;
    const { channel, connections, keys, settings, options } = input;
    const { stream, group, types, from = 'beginning', batchSize = 100 } = options;
    this.#consumer = input.lease?.consumer ?? checkedName('consumer', options.consumer ?? consumerName());
    this.#leases = new LeaseKeeper({
      connections,
      keys,
      group,
      consumer: this.#consumer,
      leaseMs: settings.leaseMs,
      onLost: (lost) => this.#onLost(lost),
    });
    this.#reader = new DeliveryReader({
      ...{ channel, connections, settings, keys, stream, from, lease: input.lease },
      leases: this.#leases,
      consumer: this.#consumer,
      group: checkedName('group', group),
      types: types && new Set(types),
      batchSize: Math.min(batchSize, LARGEST_BATCH),
      parkKeys: options.parkKeys ?? false,
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    if (this.#iterated) throw new BackboneError('EB_ARGUMENT', 'a subscription can be iterated once; subscribe again');
    this.#iterated = true;
    let leave: (result: IteratorResult<Batch>) => void = () => undefined;
    this.#reader.onLeft = () => leave(END);
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (this.#reader.hasLeft()) {
            resolve(END);
            return;
          }
          leave = resolve;
          this.#reader.next().then((value) => resolve(value ? { done: false, value } : END), reject);
        }),
      return: () => {
        this.#reader.leave();
        return Promise.resolve(END);
      },
    };
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    if (this.#closed) {
      throw new BackboneError('EB_CLOSED', 'the subscription is closed; its deliveries were given back');
    }
    const lost = new Set<Delivery>();
    const held: Settlement[] = [];
    for (const settlement of settlements) {
      // What was lost may have come again, to this consumer even: only that delivery can be settled then.
      if (this.#leases.holds(settlement.delivery)) held.push(settlement);
      else lost.add(settlement.delivery);
    }
    for (let i = 0; i < held.length; i += LARGEST_BATCH) {
      for (const delivery of await this.#settleSome(held.slice(i, i + LARGEST_BATCH))) lost.add(delivery);
    }
    return settlements.map(({ delivery }) => delivery).filter((delivery) => lost.has(delivery));
  }

  async record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    if (this.#closed) {
      throw new BackboneError('EB_CLOSED', 'the subscription is closed; its deliveries were given back');
    }
    const { keys, options } = this.#in;
    const held = deliveries.filter((delivery) => this.#leases.holds(delivery));
    const keyList = [keys.stream, keys.past(options.group)];
    for (let i = 0; i < held.length; i += LARGEST_BATCH) {
      const some = held.slice(i, i + LARGEST_BATCH);
      const ids = some.map(({ position }) => position.id);
      const args = [this.#leases.groupName, this.#consumer, what, ...ids];
      this.#leases.lose(await this.#ofOwned('recording', RECORD, keyList, args, ids));
      if (what === 'start') for (const delivery of some) this.#started.add(delivery);
    }
  }

  /** Takes back deliveries that were read ahead and that nobody has seen; they are read again, before anything newer. */
  unread(deliveries: readonly Delivery[]): void {
    this.#reader.unread(deliveries);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #settleSome(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    const { keys, options } = this.#in;
    const ids = settlements.map(({ delivery }) => delivery.position.id);
    const args = settleArguments(this.#leases.groupName, this.#consumer, settlements);
    const lost = await this.#ofOwned('settling', SETTLE, letterKeys(keys, options.group), args, ids);
    for (const id of ids) if (!lost.has(id)) this.#leases.remove(id);
    this.#leases.lose(lost);
    return settlements.map(({ delivery }) => delivery).filter(({ position }) => lost.has(position.id));
  }

  /** Runs a script that does something about deliveries; returns the ids of those that this consumer no longer owns. */
  async #ofOwned(
    what: string,
    script: Script,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    ids: readonly string[],
  ): Promise<ReadonlySet<string>> {
    try {
      const main = await this.#main();
      if (!main) throw new BackboneError('EB_CHANNEL', `Redis cannot be reached; ${what} was not done`);
      return new Set((await main.run(script, keys, args)) as string[]);
    } catch (error) {
      // Without the group nobody owns anything; it comes again from the recovery cursor.
      if (failureKind(error) !== 'noGroup') throw channelError(what, error);
      return new Set(ids);
    }
  }

  async #close(): Promise<void> {
    const { keys, options, onClosed } = this.#in;
    await this.#reader.close();
    this.#leases.stop();
    onClosed();
    if (this.#leases.groupName === '') return;
    try {
      const started = this.#leases.held().filter((delivery) => this.#started.has(delivery));
      const args = [this.#leases.groupName, this.#consumer, ...started.map(({ position }) => position.id)];
      await (await this.#main())?.run(RELEASE, [keys.stream, keys.past(options.group)], args);
    } catch {
      // Not given back: others take it when the lease is over.
    }
  }

  async #main(): Promise<RedisConnection | undefined> {
    const { main } = this.#in.connections;
    return main.isReady || (await main.ready(READY_WITHIN_MS)) ? main : undefined;
  }

  #onLost(lost: readonly Delivery[]): void {
    const { channel, options } = this.#in;
    const { stream, group } = options;
    reportChannel({ channel, kind: 'leaseLost', stream, group, count: lost.length });
    options.onLost?.(lost);
  }
}
