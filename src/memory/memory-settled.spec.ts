import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Delivery, Message, Stream, Subscription } from '../core/index.js';
import { memoryChannel } from './memory-channel.js';

const orders = { environment: 'test', contract: 'orders' };
const shipments = { environment: 'test', contract: 'shipments' };

describe('settled() of a memory channel', () => {
  it('resolves when nobody consumes anything', async () => {
    const channel = memoryChannel();
    await channel.publish(orders, [message('a')]);

    await expect(channel.settled()).resolves.toBeUndefined();
  });

  it('waits for what is in work, and for what waits behind it', async () => {
    const channel = memoryChannel();
    const taken: Delivery[] = [];
    const subscription = channel.subscribe({ stream: orders, group: 'packing', batchSize: 1 });
    const reading = each(subscription, (delivery) => {
      taken.push(delivery);
      return Promise.resolve();
    });
    await channel.publish(orders, [message('a'), message('b')]);
    const settled = outcomeOf(channel.settled());
    await nextTurn();
    expect(taken).toHaveLength(2);
    for (const delivery of taken) {
      await nextTurn();
      expect(settled.isThere).toBe(false);
      await subscription.settle([{ delivery }]);
    }

    await expect(settled.promise).resolves.toBeUndefined();
    await subscription.close();
    await reading;
  });

  it('waits for what handlers produce after they have settled their own event', async () => {
    const channel = memoryChannel();
    const done: string[] = [];
    const consume = (stream: Stream, then: (id: string) => Promise<unknown>) => {
      const subscription = channel.subscribe({ stream, group: 'packing' });
      void each(subscription, async (delivery) => {
        await subscription.settle([{ delivery }]);
        await then(delivery.message?.id ?? '');
      });
    };
    consume(orders, (id) => channel.publish(shipments, [message(`${id}-1`)]));
    consume(shipments, (id) => Promise.resolve(done.push(id)));
    await channel.publish(orders, [message('a'), message('b')]);
    await channel.settled();

    expect(done).toEqual(['a-1', 'b-1']);
    await channel.close();
  });

  it('does not wait for a group whose consumers have gone, and waits for those of other channels', async () => {
    const channel = memoryChannel();
    const gone = channel.subscribe({ stream: orders, group: 'gone' });
    await gone[Symbol.asyncIterator]().next();
    await gone.close();
    await channel.publish(orders, [message('a')]);
    await expect(channel.settled()).resolves.toBeUndefined();

    const other = channel.open();
    const iterator = other.subscribe({ stream: orders, group: 'there' })[Symbol.asyncIterator]();
    await iterator.next();
    const settled = outcomeOf(channel.settled());
    await nextTurn();
    expect(settled.isThere).toBe(false);
    await other.close();
    await expect(settled.promise).resolves.toBeUndefined();
  });

  it('does not wait for events that a consumer which left its loop will never take', async () => {
    const channel = memoryChannel();
    const iterator = channel.subscribe({ stream: orders, group: 'packing' })[Symbol.asyncIterator]();
    await iterator.next();
    await channel.publish(orders, [message('a')]);
    const settled = channel.settled();
    await iterator.return?.();

    await expect(settled).resolves.toBeUndefined();
  });
});

async function each(subscription: Subscription, work: (delivery: Delivery) => Promise<unknown>): Promise<void> {
  for await (const { deliveries } of subscription) for (const delivery of deliveries) await work(delivery);
}

function outcomeOf(promise: Promise<void>): { readonly promise: Promise<void>; readonly isThere: boolean } {
  const outcome = { promise, isThere: false };
  void promise.then(() => (outcome.isThere = true));
  return outcome;
}

function message(id: string): Message {
  const contentType = 'application/json';
  const metadata = { source: 'spec', type: 'packing.v1', time: 1, key: 'key', correlationId: id, contentType };
  return { id, ...metadata, headers: {}, fields: {}, personal: [] };
}
