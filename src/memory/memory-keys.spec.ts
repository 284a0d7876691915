import { describe, expect, it } from 'vitest';
import type { Batch, DeadLetterReason, Delivery, Message, SubscribeOptions, Subscription } from '../core/index.js';
import { memoryChannel, type MemoryChannel } from './memory-channel.js';

const stream = { environment: 'test', contract: 'shipments' };
const group = 'transit';
const FAILED: DeadLetterReason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 };

describe('a memory channel', () => {
  it('holds back the events of a key that another consumer has in its hand, and only those', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a1', 'a'), message('a2', 'a'), message('b1', 'b'), message('a3', 'a')]);
    const first = reader(channel, { batchSize: 1 });
    const second = reader(channel);
    const [a1] = (await first.next()).deliveries as [Delivery];
    expect(idsOf(await second.next())).toEqual(['b1']);
    const waiting = second.next();
    expect(await channel.admin.state(stream, group)).toMatchObject({ pending: 2, lag: 2 });
    await first.subscription.settle([{ delivery: a1 }]);

    expect(idsOf(await waiting)).toEqual(['a2', 'a3']);
  });

  it('lets a consumer go on with the key that is in its own hand', async () => {
    const channel = memoryChannel();
    await channel.publish(
      stream,
      ['a1', 'a2', 'a3'].map((id) => message(id, 'a')),
    );
    const first = reader(channel, { batchSize: 1 });

    expect([idsOf(await first.next()), idsOf(await first.next())]).toEqual([['a1'], ['a2']]);
  });

  it('finds the events of other keys behind a backlog of one key, and looks no further than it must', async () => {
    const channel = memoryChannel();
    const backlog = (count: number) => Array.from({ length: count }, (_, i) => message(`a${i}-${count}`, 'a'));
    await channel.publish(stream, [...backlog(900), message('b', 'b'), ...backlog(901), message('c', 'c')]);
    const first = reader(channel, { batchSize: 1_000 });
    const second = reader(channel);
    const all = (await first.next()).deliveries.slice(0, 1);
    await first.subscription.close();
    const third = reader(channel, { batchSize: 1 });
    expect(idsOf(await third.next())).toEqual(idsOf({ deliveries: all, caughtUp: false }));

    expect(idsOf(await second.next())).toEqual(['b']);
    const waiting = second.next();
    await third.subscription.close();
    expect(idsOf(await waiting)).toHaveLength(100);
  });

  it('says that it has caught up once others have taken what was held back', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a1', 'a'), message('a2', 'a')]);
    const first = reader(channel, { batchSize: 1 });
    const [a1] = (await first.next()).deliveries as [Delivery];
    const second = reader(channel);
    const waiting = second.next();
    const [a2] = (await first.next()).deliveries as [Delivery];
    await first.subscription.settle([{ delivery: a1 }, { delivery: a2 }]);

    expect(await waiting).toEqual({ deliveries: [], caughtUp: true });
  });

  it('hands a redriven event to the consumer that has its key in its hand', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a1', 'a'), message('a2', 'a')]);
    const first = reader(channel);
    const [a1] = (await first.next()).deliveries as [Delivery];
    await first.subscription.settle([{ delivery: a1, deadLetter: FAILED }]);
    const second = reader(channel);
    await second.next();
    const waiting = second.next();
    await channel.admin.deadLetters.redrive(stream, group, ['1']);
    expect(idsOf(await first.next())).toEqual(['a1']);
    await first.subscription.close();

    expect(idsOf(await waiting)).toEqual(['a1', 'a2']);
  });

  it('is settled when all that was left stands aside behind a parked key', async () => {
    const channel = memoryChannel();
    const consumer = reader(channel, { parkKeys: true });
    await channel.publish(stream, [message('a1', 'a')]);
    const [a1] = (await consumer.next()).deliveries as [Delivery];
    const settled = channel.settled();
    await consumer.subscription.settle([{ delivery: a1, deadLetter: FAILED, park: true }]);
    await channel.publish(stream, [message('a2', 'a')]);
    void consumer.next();
    await settled;

    expect(await channel.admin.state(stream, group)).toMatchObject({ deadLetters: 2, parkedKeys: 1, pending: 0 });
  });

  it('parks a key anew when an event of it fails again after it was redriven', async () => {
    const channel = memoryChannel();
    await channel.publish(
      stream,
      ['a1', 'a2', 'a3'].map((id) => message(id, 'a')),
    );
    const fail = async () => {
      const consumer = reader(channel, { parkKeys: true, batchSize: 1 });
      const [delivery] = (await consumer.next()).deliveries as [Delivery];
      await consumer.subscription.settle([{ delivery, deadLetter: FAILED, park: true }]);
      await consumer.next();
      await consumer.subscription.close();
      return delivery.message?.id;
    };
    expect(await fail()).toBe('a1');
    expect(await channel.admin.deadLetters.redrive(stream, group, ['2'])).toBe(1);
    expect(await channel.admin.state(stream, group)).toMatchObject({ deadLetters: 0, parkedKeys: 0, pending: 3 });

    expect(await fail()).toBe('a1');
    expect(await channel.admin.state(stream, group)).toMatchObject({ deadLetters: 3, parkedKeys: 1, pending: 0 });
  });

  it('forgets with a reset what it remembered of events and keys', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a1', 'a'), message('a2', 'a')]);
    const first = reader(channel, { parkKeys: true });
    const [a1, a2] = (await first.next()).deliveries as [Delivery, Delivery];
    await first.subscription.record([a1, a2], 'failure');
    await first.subscription.settle([{ delivery: a1, deadLetter: FAILED, park: true }]);
    expect(await channel.admin.state(stream, group)).toMatchObject({ retrying: 1, parkedKeys: 1 });
    await channel.admin.reset(stream, group, 'beginning');

    expect(await channel.admin.state(stream, group)).toMatchObject({ retrying: 0, parkedKeys: 0, deadLetters: 1 });
    const { deliveries } = await reader(channel, { parkKeys: true }).next();
    expect(deliveries.map(({ past }) => past)).toEqual([undefined, undefined]);
  });

  it('takes an event that was trimmed by force out of the hand that held it', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a1', 'a'), message('a2', 'a')]);
    const first = reader(channel);
    const [a1, a2] = (await first.next()).deliveries as [Delivery, Delivery];
    await channel.admin.trim(stream, { keep: 1, force: true });

    expect(await channel.admin.state(stream, group)).toMatchObject({ pending: 1 });
    expect(await first.subscription.settle([{ delivery: a1 }, { delivery: a2 }])).toEqual([a1]);
  });

  it.each([
    ['no limit', {}],
    ['a time that is none', { before: NaN }],
    ['a number that is none', { keep: -1 }],
    ['half an event', { keep: 1.5 }],
    ['a position of another channel', { until: [{ partition: 0, id: '1-0' }] }],
  ])('refuses to trim with %s', async (_, limits) => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a1', 'a')]);

    await expect(channel.admin.trim(stream, limits)).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
  });
});

function message(id: string, key: string): Message {
  const contentType = 'application/json';
  const metadata = { source: 'spec', type: 'packing.v1', time: 1, key, correlationId: id, contentType };
  return { id, ...metadata, headers: {}, fields: {}, personal: [] };
}

interface Reader {
  readonly subscription: Subscription;
  next(): Promise<Batch>;
}

function reader(channel: MemoryChannel, options: Partial<SubscribeOptions> = {}): Reader {
  const subscription = channel.subscribe({ stream, group, ...options });
  const iterator = subscription[Symbol.asyncIterator]();
  return { subscription, next: async () => (await iterator.next()).value as Batch };
}

function idsOf({ deliveries }: Batch): readonly (string | undefined)[] {
  return deliveries.map(({ message }) => message?.id);
}
