import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import type { Settlement } from './delivery.js';
import type { Stream } from './stream.js';
import type { SubscribeOptions, Subscription } from './subscription.js';
import { Consumer } from './consumer.js';
import type { ConsumerOptions, Handler } from './consumer-options.js';
import { ContractEvent, EventsContract, Key } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DIAGNOSTICS, type ConsumerDiagnostic } from './diagnostics.js';
import type { ConsumeContext } from './middleware.js';
import { createProducer } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }
}

const STREAM: Stream = { environment: 'test', contract: 'orders' };

type Invoke = (n: number, context: ConsumeContext, order: string) => unknown;

/** A consumer on a memory channel that says it remembers attempts and parks keys, and records what it is told. */
function scene(invoke: Invoke, options: Partial<ConsumerOptions> & { record?: Subscription['record'] } = {}) {
  const { record = () => Promise.resolve(), ...more } = options;
  const memory = memoryChannel();
  const recorded: string[] = [];
  const settled: Settlement[] = [];
  const subscribed: SubscribeOptions[] = [];
  const channel: Channel = Object.assign(Object.create(memory) as Channel, {
    supports: { ...memory.supports, attempts: true, parkByKey: true },
    subscribe: (wanted: SubscribeOptions): Subscription => {
      subscribed.push(wanted);
      const subscription = memory.subscribe(wanted);
      return {
        [Symbol.asyncIterator]: () => subscription[Symbol.asyncIterator](),
        settle: (settlements) => {
          settled.push(...settlements);
          return subscription.settle(settlements);
        },
        record: (deliveries, what) => {
          recorded.push(...deliveries.map(({ message }) => `${what} ${message?.fields['n'] as string}`));
          return record(deliveries, what);
        },
        close: () => subscription.close(),
      };
    },
  });
  const event = describeContract(Orders).byMethod.get('placed');
  if (!event) throw new Error('no event');
  const handler: Handler = { event, invoke: ([order, n], context) => invoke(n as number, context, order as string) };
  const knownTypes = ['placed.v1'];
  const consumers: Consumer[] = [];
  const consumerOf = () => {
    const consumer = new Consumer({
      channel,
      stream: STREAM,
      group: 'transit',
      handlers: [handler],
      knownTypes,
      ...more,
    });
    consumers.push(consumer);
    return consumer;
  };
  onTestFinished(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop(50)));
  });
  const told: ConsumerDiagnostic[] = [];
  const listen = (diagnostic: unknown) => {
    if ((diagnostic as ConsumerDiagnostic).channel === channel) told.push(diagnostic as ConsumerDiagnostic);
  };
  subscribe(DIAGNOSTICS.consumer, listen);
  onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listen));
  const orders = createProducer(Orders, { channel: memory, environment: 'test', source: 'shop' });
  const state = () => memory.admin.state(STREAM, 'transit');
  return { memory, channel, recorded, settled, subscribed, told, orders, consumerOf, state };
}

const throwing = (error: unknown) => () => {
  throw error;
};
const never = () => new Promise<never>(() => undefined);

describe('a consumer of a channel that remembers attempts', () => {
  it('tells it when an event runs that was handed out before, and each failure that is counted', async () => {
    let runs = 0;
    const { orders, recorded, consumerOf, memory } = scene(async (_, context) => {
      runs += 1;
      if (runs === 1) await never();
      await context.recordFailure();
    });
    await orders.placed('o', 7);
    const first = consumerOf();
    first.start();
    await vi.waitFor(() => expect(runs).toBe(1));
    expect(recorded).toEqual([]);
    await first.stop(20);
    consumerOf().start();
    await memory.settled();
    expect(recorded).toEqual(['start 7', 'failure 7']);
  });

  it.each<[string, Subscription['record']]>([
    ['rejects', () => Promise.reject(new Error('not stored'))],
    [
      'throws',
      () => {
        throw new Error('not stored');
      },
    ],
  ])('handles events although remembering %s, and reports it', async (_, record) => {
    let runs = 0;
    const { orders, told, consumerOf, memory } = scene(
      async (_n, context) => {
        runs += 1;
        if (runs === 1) await never();
        await context.recordFailure();
        expect(context.failures).toBe(1);
      },
      { record },
    );
    await orders.placed('o', 1);
    const first = consumerOf();
    first.start();
    await vi.waitFor(() => expect(runs).toBe(1));
    await first.stop(20);
    const second = consumerOf();
    second.start();
    await memory.settled();
    expect(second.state).toMatchObject({ handled: 1, deadLetters: 0 });
    const error = expect.objectContaining({ message: 'not stored' }) as unknown;
    expect(told).toMatchObject([
      { kind: 'stopped', count: 1 },
      { kind: 'settleFailed', error },
      { kind: 'settleFailed', error },
    ]);
  });
});

describe('a consumer that stops at the first failure', () => {
  it('settles nothing of it, lets what runs finish, gives back the rest, and says why', async () => {
    const failure = new Error('no order is bad');
    let finish: () => void = () => undefined;
    const seen: string[] = [];
    const { orders, told, settled, consumerOf, state } = scene(
      async (n, _, order) => {
        seen.push(`${order}${n}`);
        if (order === 'good') await new Promise<void>((resolve) => (finish = resolve));
        else throw failure;
      },
      { onFailure: 'stop', concurrency: 2 },
    );
    await orders.placed('good', 1);
    for (const n of [1, 2, 3]) await orders.placed('bad', n);
    const { id } = await orders.placed('later', 1);
    const consumer = consumerOf();
    consumer.start();
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ status: 'failed', error: failure, running: 1 }));
    expect((await state())?.pending).toBe(5);
    finish();
    await vi.waitFor(() => expect(settled.map(({ delivery }) => delivery.message?.key)).toEqual(['good']));
    expect(seen).toEqual(['good1', 'bad1']);
    const first = told.filter(({ kind }) => kind === 'failed');
    expect(first).toMatchObject([{ error: failure, type: 'placed.v1', reason: 'no order is [argument]' }]);
    expect(first[0]?.eventId).not.toBe(id);
    await vi.waitFor(() => expect(consumer.state.inFlight).toBe(0));
    await consumer.stop(1_000);
    expect(consumer.state).toMatchObject({ status: 'failed', handled: 1, deadLetters: 0, error: failure });
    expect(await state()).toMatchObject({ pending: 4, deadLetters: 0 });
  });

  it('has given everything back without being stopped, so that another one gets it at once', async () => {
    let broken = true;
    const seen: number[] = [];
    const { orders, consumerOf, memory } = scene(
      (n) => {
        if (broken) throw new Error('bad');
        seen.push(n);
      },
      { onFailure: 'stop' },
    );
    for (const n of [1, 2]) await orders.placed('o', n);
    const failed = consumerOf();
    failed.start();
    await vi.waitFor(() => expect(failed.state.status).toBe('failed'));
    broken = false;
    const other = consumerOf();
    other.start();
    await memory.settled();
    expect(seen).toEqual([1, 2]);
    failed.pause();
    failed.resume();
    expect([failed, other].map(({ state }) => state.status)).toEqual(['failed', 'running']);
  });

  it('tells nothing but undefined when that was thrown, and still has failed after its stop', async () => {
    const { orders, consumerOf } = scene(throwing(undefined), { onFailure: 'stop' });
    await orders.placed('o', 1);
    const consumer = consumerOf();
    consumer.start();
    await vi.waitFor(() => expect(consumer.state.status).toBe('failed'));
    await consumer.stop(1_000);
    expect(consumer.state).toMatchObject({ status: 'failed', error: undefined });
  });
});

describe('a consumer that parks keys', () => {
  it('asks its channel to hold back parked keys, which nobody else does', async () => {
    for (const [onFailure, parkKeys] of [
      ['park-key', true],
      ['dead-letter', undefined],
    ] as const) {
      const { subscribed, consumerOf } = scene(() => undefined, { onFailure });
      consumerOf().start();
      expect(subscribed.map((options) => options.parkKeys)).toEqual([parkKeys]);
    }
  });

  it('sets the later events of a failed one aside that it has in hand, and runs other keys', async () => {
    const seen: string[] = [];
    const { orders, settled, consumerOf } = scene(
      (n, _, order) => {
        seen.push(`${order}${n}`);
        if (order === 'bad') throw new Error('bad');
      },
      { onFailure: 'park-key', concurrency: 1 },
    );
    for (const n of [1, 2, 3]) await orders.placed('bad', n);
    await orders.placed('good', 1);
    consumerOf().start();
    await vi.waitFor(() => expect(settled).toHaveLength(4));
    expect(seen).toEqual(['bad1', 'good1']);
    const ends = settled.map(({ delivery, deadLetter, park }) => [delivery.message?.key, deadLetter?.kind, park]);
    expect(ends.filter(([key]) => key === 'bad')).toEqual([
      ['bad', 'failed', true],
      ['bad', 'parked', true],
      ['bad', 'parked', true],
    ]);
  });

  it('runs them again in their order once the failed one is redriven, and later ones behind them', async () => {
    let broken = true;
    const seen: number[] = [];
    const { orders, memory, consumerOf } = scene(
      (n) => {
        if (broken) throw new Error('bad');
        seen.push(n);
      },
      { onFailure: 'park-key' },
    );
    for (const n of [1, 2]) await orders.placed('o', n);
    const consumer = consumerOf();
    consumer.start();
    await memory.settled();
    await orders.placed('o', 3);
    await memory.settled();
    const letters = await memory.admin.deadLetters.list(STREAM, 'transit');
    expect(letters.map(({ kind }) => kind)).toEqual(['failed', 'parked', 'parked']);
    broken = false;
    await memory.admin.deadLetters.redrive(STREAM, 'transit', [letters[0]?.id ?? '']);
    await orders.placed('o', 4);
    await memory.settled();
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(consumer.state).toMatchObject({ status: 'running', handled: 4, inFlight: 0 });
  });

  it('does not exist on a channel that cannot park', () => {
    const memory = memoryChannel();
    const supports = { ...memory.supports, parkByKey: false };
    const channel = Object.assign(Object.create(memory) as Channel, { supports });
    const make = () =>
      new Consumer({ channel, stream: STREAM, group: 'g', handlers: [], knownTypes: [], onFailure: 'park-key' });
    expect(make).toThrow(expect.objectContaining({ code: 'EB_UNSUPPORTED', details: { missing: ['parkByKey'] } }));
  });
});
