import { describe, expect, it, vi } from 'vitest';
import { memoryChannel, type MemoryChannel } from '../memory/index.js';
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

/** Everything that is left to the group, as a new consumer gets it. */
async function leftOver(channel: MemoryChannel): Promise<readonly number[]> {
  const seen: number[] = [];
  const consumer = consumerOf(channel, (n) => seen.push(n));
  consumer.start();
  await channel.settled();
  await consumer.stop(1_000);
  return seen;
}

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

const never = () => new Promise<never>(() => undefined);

describe('a consumer that stops', () => {
  it('starts no handler any more, lets the running one finish, settles it, and gives the rest back', async () => {
    const channel = memoryChannel();
    await produce(channel, 5);
    let finish: () => void = () => undefined;
    const seen: number[] = [];
    const consumer = consumerOf(channel, async (n, context) => {
      seen.push(n);
      await new Promise<void>((resolve) => (finish = resolve));
      expect(context.signal.aborted).toBe(false);
    });
    consumer.start();
    await vi.waitFor(() => expect(seen).toEqual([1]));
    const stopped = consumer.stop(10_000);
    expect(consumer.state.status).toBe('stopping');
    finish();
    await stopped;
    expect(seen).toEqual([1]);
    expect(consumer.state).toMatchObject({ status: 'stopped', handled: 1, inFlight: 0 });
    await expect(leftOver(channel)).resolves.toEqual([2, 3, 4, 5]);
  });

  it('hands nothing out again that was handled in the very last moment', async () => {
    const channel = memoryChannel();
    await produce(channel, 50);
    const seen: number[] = [];
    const consumer: Consumer = consumerOf(channel, (n) => {
      seen.push(n);
      if (n === 20) void consumer.stop(10_000);
    });
    consumer.start();
    await vi.waitFor(() => expect(consumer.state.status).toBe('stopped'));
    const rest = await leftOver(channel);
    expect([...seen, ...rest]).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('starts nothing of what arrives late', async () => {
    const memory = memoryChannel();
    await produce(memory, 1);
    let arrive: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (arrive = resolve));
    const slow = altered(memory, (subscription) => ({
      [Symbol.asyncIterator]: () => {
        const iterator = subscription[Symbol.asyncIterator]();
        return { next: () => iterator.next().finally(() => late), return: never };
      },
    }));
    const seen: number[] = [];
    const consumer = consumerOf(slow, (n) => seen.push(n));
    consumer.start();
    const stopped = consumer.stop(1_000);
    arrive();
    await stopped;
    expect(seen).toEqual([]);
    await expect(leftOver(memory)).resolves.toEqual([1]);
    expect(seen).toEqual([]);
  });

  it('sets an event aside whose handler fails meanwhile', async () => {
    const channel = memoryChannel();
    await produce(channel, 1);
    let fail: (error: Error) => void = () => undefined;
    const consumer = consumerOf(channel, () => new Promise((_, reject) => (fail = reject)));
    consumer.start();
    await vi.waitFor(() => expect(consumer.state.inFlight).toBe(1));
    const stopped = consumer.stop(10_000);
    fail(new Error('bad'));
    await stopped;
    expect(await stateOf(channel)).toMatchObject({ deadLetters: 1, pending: 0 });
  });

  it('returns by its deadline when a handler never ends, having told it a moment before', async () => {
    const channel = memoryChannel();
    await produce(channel, 2);
    let signal: AbortSignal | undefined;
    const consumer = consumerOf(channel, (_, context) => {
      signal = context.signal;
      return never();
    });
    consumer.start();
    await vi.waitFor(() => expect(signal).toBeDefined());
    const begun = performance.now();
    await consumer.stop(100);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(signal?.reason).toMatchObject({ code: 'EB_STOPPING' });
    expect(consumer.state).toMatchObject({ status: 'stopped', deadLetters: 0 });
    await expect(leftOver(channel)).resolves.toEqual([1, 2]);
  });

  it('returns by its deadline when the server neither confirms nor lets go', async () => {
    const memory = memoryChannel();
    await produce(memory, 1);
    let handled = false;
    const consumer = consumerOf(
      altered(memory, () => ({ settle: never, close: never })),
      () => (handled = true),
    );
    consumer.start();
    await vi.waitFor(() => expect(handled).toBe(true));
    await consumer.stop(50);
    expect(consumer.state.status).toBe('stopped');
    expect((await stateOf(memory))?.pending).toBe(1);
  });

  it('stops all the same when letting go fails', async () => {
    const memory = memoryChannel();
    const failing = () => {
      throw new Error('no server');
    };
    const consumer = consumerOf(
      altered(memory, () => ({ close: failing })),
      () => undefined,
    );
    consumer.start();
    await consumer.stop(1_000);
    expect(consumer.state.status).toBe('stopped');
  });

  it('stops once, however often it is told', async () => {
    const channel = memoryChannel();
    let closes = 0;
    const counted = altered(channel, (subscription) => ({
      close: () => {
        closes += 1;
        return subscription.close();
      },
    }));
    const consumer = consumerOf(counted, () => undefined);
    consumer.start();
    const first = consumer.stop(1_000);
    expect(consumer.stop(50)).toBe(first);
    await first;
    await consumer.stop(1_000);
    expect(closes).toBe(1);
  });

  it('that never started stays stopped, and reads nothing', async () => {
    const channel = memoryChannel();
    await produce(channel, 1);
    const consumer = consumerOf(channel, () => undefined);
    await consumer.stop(1_000);
    consumer.start();
    expect(consumer.state.status).toBe('stopped');
    expect(await stateOf(channel)).toBeUndefined();
  });

  it('from inside a handler that waits for it returns by the deadline, and the event is handed out again', async () => {
    const channel = memoryChannel();
    await produce(channel, 1);
    const ended: string[] = [];
    const consumer: Consumer = consumerOf(channel, async () => {
      await consumer.stop(50);
      ended.push(consumer.state.status);
    });
    consumer.start();
    await vi.waitFor(() => expect(ended).toEqual(['stopped']));
    await expect(leftOver(channel)).resolves.toEqual([1]);
  });
});

describe('a consumer that starts', () => {
  it('twice reads once', async () => {
    const channel = memoryChannel();
    let subscriptions = 0;
    const counted = altered(channel, () => {
      subscriptions += 1;
      return {};
    });
    const consumer = consumerOf(counted, () => undefined);
    consumer.start();
    consumer.start();
    expect(subscriptions).toBe(1);
    await consumer.stop(1_000);
  });

  it('on a closed channel throws, and stays as it was', async () => {
    const channel = memoryChannel();
    await channel.close();
    const consumer = consumerOf(channel, () => undefined);
    expect(() => consumer.start()).toThrow(expect.objectContaining({ code: 'EB_CLOSED' }));
    expect(consumer.state.status).toBe('idle');
  });
});
