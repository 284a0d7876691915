import { randomUUID } from 'node:crypto';
import {
  ContractEvent,
  Erased,
  EventReader,
  EventsContract,
  Field,
  Key,
  Personal,
  type Channel,
  type ChannelSupports,
  type Producer,
} from 'nest-event-backbone';
import { createProducer, type ReadOptions } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { inject, onTestFinished } from 'vitest';

/** Who buys. */
export class Buyer {
  email!: string;
}

/** The contract that these tests share. */
@EventsContract('shop')
export class Shop {
  @ContractEvent()
  opened(@Key() account: string, @Personal() @Field({ type: () => Buyer }) buyer: Buyer | Erased, at: Date) {
    return { account, buyer, at };
  }

  @ContractEvent()
  paid(@Key() account: string, amount: number, note?: string) {
    return { account, amount, note };
  }

  @ContractEvent()
  closed(@Key() account: string) {
    return { account };
  }
}

/** A stream of the contract that nobody else uses, what is written to it, and what was asked of its channel. */
export interface Scene {
  readonly channel: Channel;
  readonly environment: string;
  readonly shop: Producer<Shop>;
  readonly reader: EventReader<Shop>;
  /** Every read that reached the channel, with how many events it gave. */
  readonly reads: readonly (ReadOptions & { events: number })[];
}

/** Where the tests of this file run: the channel that needs no server, and one that has neither keys nor versions. */
export const CHANNELS: readonly (readonly [name: string, open: () => Channel])[] = [
  ['memory', () => memoryChannel()],
  ['Redis', () => redisChannel({ url: inject('redisUrl') })],
  ['Redis with partitions', () => redisChannel({ url: inject('redisUrl'), partitions: 3 })],
];

/** Opens a scene whose channel says that it can or cannot do something; it is closed when the test ends. */
export function openScene(open: () => Channel = () => memoryChannel(), supports: Partial<ChannelSupports> = {}): Scene {
  const inner = open();
  onTestFinished(() => inner.close());
  const reads: (ReadOptions & { events: number })[] = [];
  const channel: Channel = {
    supports: { ...inner.supports, ...supports },
    admin: inner.admin,
    publish: (...args) => inner.publish(...args),
    subscribe: (options) => inner.subscribe(options),
    close: () => inner.close(),
    async *read(options) {
      const told = { ...options, events: 0 };
      reads.push(told);
      for await (const events of inner.read(options)) {
        told.events += events.length;
        yield events;
      }
    },
  };
  const environment = `h-${randomUUID()}`;
  const shop = createProducer(Shop, { channel, environment, source: 'test' });
  const reader = new EventReader(Shop, { channel, environment, producer: () => shop });
  return { channel, environment, shop, reader, reads };
}

/** Everything that an iteration gives. */
export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Resolves once the clock of this machine, which is the servers', has gone on. */
export async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now + 1) await new Promise((resolve) => setImmediate(resolve));
}
