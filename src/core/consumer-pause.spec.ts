import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel, type MemoryChannel } from '../memory/index.js';
import type { Stream } from './stream.js';
import { Consumer } from './consumer.js';
import type { ConsumerOptions, Handler } from './consumer-options.js';
import { ContractEvent, EventsContract, Key } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DIAGNOSTICS, type ConsumerDiagnostic } from './diagnostics.js';
import { createProducer } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }
}

const STREAM: Stream = { environment: 'test', contract: 'orders' };

function scene(options: Partial<ConsumerOptions> = {}, invoke?: Handler['invoke']) {
  const channel: MemoryChannel = memoryChannel();
  const event = describeContract(Orders).byMethod.get('placed');
  if (!event) throw new Error('no event');
  const seen: number[] = [];
  const ends: (() => void)[] = [];
  const handler: Handler = {
    event,
    invoke: (args, context) => {
      seen.push(args[1] as number);
      return invoke ? invoke(args, context) : new Promise<void>((resolve) => ends.push(resolve));
    },
  };
  const consumer = new Consumer({
    ...{ channel, stream: STREAM, group: 'transit', handlers: [handler], knownTypes: ['placed.v1'], concurrency: 1 },
    ...options,
  });
  const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop' });
  const pending = async () => (await channel.admin.state(STREAM, 'transit'))?.pending;
  onTestFinished(async () => {
    for (const end of ends) end();
    await consumer.stop(50);
  });
  return { channel, consumer, orders, seen, ends, pending };
}

const turn = () => new Promise(setImmediate);

describe('a consumer that is paused', () => {
  it('begins nothing, finishes and settles what runs, keeps what it has, and goes on in order', async () => {
    const { consumer, orders, seen, ends, pending, channel } = scene();
    for (const n of [1, 2, 3]) await orders.placed('o', n);
    consumer.start();
    await vi.waitFor(() => expect(seen).toEqual([1]));
    consumer.pause();
    expect(consumer.state).toMatchObject({ status: 'paused', inFlight: 3, running: 1 });
    ends[0]?.();
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ handled: 1, inFlight: 2, running: 0 }));
    await turn();
    expect(seen).toEqual([1]);
    expect(await pending()).toBe(2);
    consumer.resume();
    expect(consumer.state.status).toBe('running');
    for (const count of [2, 3]) {
      await vi.waitFor(() => expect(ends).toHaveLength(count));
      ends[count - 1]?.();
    }
    await channel.settled();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('loses nothing of what arrives while it is paused, and reads no more than that', async () => {
    const { consumer, orders, seen, pending, channel } = scene({ batchSize: 2, maxInFlight: 100 }, () => undefined);
    consumer.start();
    await turn();
    consumer.pause();
    for (const n of [1, 2, 3, 4, 5]) await orders.placed('o', n);
    await turn();
    const arrived = consumer.state.inFlight;
    expect(arrived).toBeLessThanOrEqual(2);
    expect(await pending()).toBe(arrived);
    expect(seen).toEqual([]);
    consumer.resume();
    await channel.settled();
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('can be stopped, and gives back what it has', async () => {
    const { consumer, orders, seen, ends, pending } = scene();
    for (const n of [1, 2, 3]) await orders.placed('o', n);
    consumer.start();
    await vi.waitFor(() => expect(seen).toEqual([1]));
    consumer.pause();
    const stopped = consumer.stop(10_000);
    ends[0]?.();
    await stopped;
    expect(consumer.state).toMatchObject({ status: 'stopped', handled: 1, inFlight: 0 });
    expect(await pending()).toBe(2);
    consumer.resume();
    await turn();
    expect(seen).toEqual([1]);
    expect(consumer.state.status).toBe('stopped');
  });

  it('says so once, and says that it goes on', async () => {
    const { channel, consumer } = scene();
    const told: string[] = [];
    const listen = (event: unknown) => {
      const { channel: whose, kind } = event as ConsumerDiagnostic;
      if (whose === channel) told.push(kind);
    };
    subscribe(DIAGNOSTICS.consumer, listen);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listen));
    consumer.pause();
    consumer.resume();
    expect(consumer.state.status).toBe('idle');
    consumer.start();
    for (const act of ['pause', 'pause', 'resume', 'resume'] as const) consumer[act]();
    expect(told).toEqual(['paused', 'resumed']);
  });
});
