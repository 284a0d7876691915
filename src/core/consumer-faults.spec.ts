import { describe, expect, it, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import type { Subscription } from './subscription.js';
import { Consumer } from './consumer.js';
import type { Handler } from './consumer-options.js';
import { ContractEvent, EventsContract, Key } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { createProducer } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }
}

const STREAM: Stream = { environment: 'test', contract: 'orders' };
const contract = describeContract(Orders);

type Invoke = (n: number, context: Parameters<Handler['invoke']>[1]) => unknown;

function consumerOf(channel: Channel, invoke: Invoke): Consumer {
  const event = contract.byMethod.get('placed');
  if (!event) throw new Error('no event');
  const handlers: readonly Handler[] = [{ event, invoke: (args, context) => invoke(args[1] as number, context) }];
  return new Consumer({
    channel,
    stream: STREAM,
    group: 'transit',
    handlers,
    knownTypes: ['placed.v1'],
    concurrency: 1,
  });
}

async function produce(channel: Channel, count: number): Promise<void> {
  const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop' });
  for (let n = 1; n <= count; n += 1) await orders.placed('o', n);
}

const stateOf = (channel: Channel) => channel.admin.state(STREAM, 'transit');

/** A channel whose subscriptions behave otherwise in the members given. */
function altered(channel: Channel, change: (subscription: Subscription) => Partial<Subscription>): Channel {
  const subscribe: Channel['subscribe'] = (options) => {
    const subscription = channel.subscribe(options);
    const whole: Subscription = {
      [Symbol.asyncIterator]: () => subscription[Symbol.asyncIterator](),
      settle: (settlements) => subscription.settle(settlements),
      record: (deliveries, what) => subscription.record(deliveries, what),
      close: () => subscription.close(),
    };
    return { ...whole, ...change(whole) };
  };
  return Object.assign(Object.create(channel) as Channel, { subscribe });
}

describe('a consumer whose reading ends', () => {
  it('because its channel was closed has failed, and says why', async () => {
    const channel = memoryChannel();
    const consumer = consumerOf(channel, () => undefined);
    consumer.start();
    await channel.close();
    await vi.waitFor(() => expect(consumer.state.status).toBe('failed'));
    expect(consumer.state.error).toMatchObject({ code: 'EB_CLOSED' });
    await consumer.stop(1_000);
    expect(consumer.state.status).toBe('failed');
  });

  it('because reading threw has failed with that error', async () => {
    const failure = new Error('no way to read');
    const failing = altered(memoryChannel(), () => ({
      [Symbol.asyncIterator]: () => {
        throw failure;
      },
    }));
    const consumer = consumerOf(failing, () => undefined);
    consumer.start();
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ status: 'failed', error: failure }));
    await consumer.stop(1_000);
  });
});

describe('a settlement that the server does not confirm', () => {
  it('is sent again until it does; nothing is handled twice or set aside for it', async () => {
    const memory = memoryChannel();
    await produce(memory, 3);
    let refusals = 2;
    const flaky = altered(memory, (subscription) => ({
      settle: (settlements) => {
        if (refusals === 0) return subscription.settle(settlements);
        refusals -= 1;
        return Promise.reject(new Error('not confirmed'));
      },
    }));
    const seen: number[] = [];
    const consumer = consumerOf(flaky, (n) => {
      seen.push(n);
      if (n === 2) throw new Error('bad');
    });
    consumer.start();
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ handled: 2, deadLetters: 1, inFlight: 0 }));
    expect(seen).toEqual([1, 2, 3]);
    expect(refusals).toBe(0);
    expect(await stateOf(memory)).toMatchObject({ pending: 0, lag: 0, deadLetters: 1 });
    await consumer.stop(1_000);
  });
});

describe('events that are taken away', () => {
  it('fire the signal of their handler, and are handled again by whom they come to', async () => {
    const channel = memoryChannel();
    await produce(channel, 2);
    const reasons: unknown[] = [];
    const seen: number[] = [];
    const consumer = consumerOf(channel, async (n, { signal }) => {
      seen.push(n);
      if (seen.length > 1) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason);
      throw new Error('given up');
    });
    consumer.start();
    await vi.waitFor(() => expect(seen).toEqual([1]));
    await channel.admin.reset(STREAM, 'transit', 'beginning');
    await channel.settled();
    expect(reasons).toMatchObject([{ code: 'EB_LEASE_LOST' }]);
    expect(seen).toEqual([1, 1, 2]);
    expect(consumer.state).toMatchObject({ handled: 2, deadLetters: 0, inFlight: 0 });
    await consumer.stop(1_000);
  });
});
