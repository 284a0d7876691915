import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { DeadLetter } from './channel-admin.js';
import type { Stream } from './stream.js';
import { Consumer } from './consumer.js';
import type { ConsumerOptions, Handler } from './consumer-options.js';
import { ContractEvent, EventsContract, Key } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DIAGNOSTICS, type ConsumerDiagnostic } from './diagnostics.js';
import { BackboneError } from './errors.js';
import { currentEvent } from './event-run.js';
import { createProducer } from './producer.js';
import type { Middleware } from './middleware.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }

  @ContractEvent()
  paid(@Key() order: string, n: number) {
    return { order, n };
  }
}

const STREAM: Stream = { environment: 'test', contract: 'orders' };
const contract = describeContract(Orders);
const running: Consumer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((consumer) => consumer.stop(1_000)));
});

const channel = () => memoryChannel();
type Invoke = (order: string, n: number, context: Parameters<Handler['invoke']>[1]) => unknown;

function handler(method: 'placed' | 'paid', invoke: Invoke, middleware: readonly Middleware[] = []): Handler {
  const event = contract.byMethod.get(method);
  if (!event) throw new Error(`no event ${method}`);
  return { event, middleware, invoke: ([order, n], context) => invoke(order as string, n as number, context) };
}

function setUp(handlers: readonly Handler[], options: Partial<ConsumerOptions> = {}) {
  const memory = channel();
  const knownTypes = [...contract.byType.keys()];
  const consumer = new Consumer({
    channel: memory,
    stream: STREAM,
    group: 'transit',
    handlers,
    knownTypes,
    ...options,
  });
  running.push(consumer);
  return {
    memory,
    consumer,
    orders: createProducer(Orders, { channel: memory, environment: 'test', source: 'shop' }),
    letters: (): Promise<readonly DeadLetter[]> => memory.admin.deadLetters.list(STREAM, 'transit'),
  };
}

/** A number of runs that have to be let go. */
class Gate {
  readonly #waiting: (() => void)[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  pass(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(count = this.#waiting.length): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve();
  }
}

describe('events of one key', () => {
  it('are handled in order, one at a time, while other keys go on', async () => {
    const seen = new Map<string, number[]>();
    let busy = new Set<string>();
    const overlaps: string[] = [];
    const { memory, consumer, orders } = setUp([
      handler('placed', async (order, n) => {
        if (busy.has(order)) overlaps.push(order);
        busy = new Set([...busy, order]);
        for (let turns = n % 3; turns > 0; turns -= 1) await new Promise(setImmediate);
        seen.set(order, [...(seen.get(order) ?? []), n]);
        busy.delete(order);
      }),
    ]);
    for (let n = 0; n < 100; n += 1) await orders.placed(`o-${n % 5}`, n);
    consumer.start();
    await memory.settled();
    expect(overlaps).toEqual([]);
    expect([...seen.keys()].sort()).toEqual(['o-0', 'o-1', 'o-2', 'o-3', 'o-4']);
    for (const numbers of seen.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(consumer.state).toMatchObject({ status: 'running', handled: 100, inFlight: 0, deadLetters: 0 });
  });
});

describe('events of different keys', () => {
  it('are handled side by side: each of two handlers waits for the other', async () => {
    let arrived = 0;
    const gate = new Gate();
    const { memory, consumer, orders } = setUp([
      handler('placed', async () => {
        arrived += 1;
        if (arrived === 2) gate.release();
        else await gate.pass();
      }),
    ]);
    consumer.start();
    await orders.placed('a', 1);
    await orders.placed('b', 2);
    await memory.settled();
    expect(consumer.state.handled).toBe(2);
  });

  it('are handled side by side up to the limit', async () => {
    const gate = new Gate();
    const { memory, consumer, orders } = setUp([handler('placed', () => gate.pass())], { concurrency: 2 });
    for (let n = 0; n < 5; n += 1) await orders.placed(`o-${n}`, n);
    consumer.start();
    for (const left of [2, 2, 2, 2, 1]) {
      await vi.waitFor(() => expect(gate.waiting).toBe(left));
      gate.release(1);
    }
    await memory.settled();
    expect(consumer.state.handled).toBe(5);
  });
});

describe('the events in flight', () => {
  it('are never more than the limit, and never fewer than it allows', async () => {
    const gate = new Gate();
    const { memory, consumer, orders } = setUp([handler('placed', () => gate.pass())], {
      maxInFlight: 4,
      batchSize: 2,
    });
    for (let n = 0; n < 9; n += 1) await orders.placed(`o-${n}`, n);
    consumer.start();
    await vi.waitFor(() => expect(consumer.state.inFlight).toBe(4));
    expect((await memory.admin.state(STREAM, 'transit'))?.lag).toBe(5);
    while (consumer.state.handled < 9) {
      gate.release(1);
      await new Promise(setImmediate);
      expect(consumer.state.inFlight).toBeLessThanOrEqual(4);
    }
    await memory.settled();
    expect(consumer.state.inFlight).toBe(0);
  });

  it.each(['concurrency', 'maxInFlight', 'batchSize', 'maxCrashes'])(
    'cannot be limited by a %s that is no whole number from 1',
    (option) => {
      for (const value of [0, -1, 1.5, NaN, Infinity]) {
        expect(() => setUp([], { [option]: value })).toThrow(
          expect.objectContaining({ code: 'EB_OPTIONS', details: { path: option } }),
        );
      }
    },
  );
});

describe('a handler that fails', () => {
  const throwing = (error: unknown) => () => {
    throw error;
  };
  const unreadable = Object.defineProperties(new Error('x'), {
    stack: { get: throwing(new Error('no')) },
    message: { get: throwing(new Error('no')) },
    name: { get: throwing(new Error('no')) },
  });

  it.each<[string, unknown, string]>([
    ['an error', new TypeError('bad'), 'TypeError: bad'],
    ['a syntax error', new SyntaxError('bad'), 'SyntaxError: bad'],
    ['undefined', undefined, 'Error: thrown value of type undefined'],
    ['null', null, 'Error: thrown value of type null'],
    ['a text', 'bad', 'Error: bad'],
    [
      'an object whose text cannot be had',
      { toString: throwing(new Error('no')) },
      'Error: thrown value of type object',
    ],
    ['an error that cannot be read', unreadable, 'Error: an error that cannot be described'],
    ['an error of stopping, although nothing stops', new BackboneError('EB_STOPPING', 'x'), 'EB_STOPPING: x'],
  ])('with %s has its event set aside, and the next one is handled', async (_, thrown, error) => {
    const { memory, consumer, orders, letters } = setUp([
      handler('placed', (_order, n) => {
        if (n === 1) throw thrown;
        return n === 2 ? rejecting(thrown) : undefined;
      }),
    ]);
    consumer.start();
    for (const n of [1, 2, 3]) await orders.placed('o', n);
    await memory.settled();
    expect(await letters()).toMatchObject([
      { kind: 'failed', error, attempts: 1, type: 'placed.v1', key: 'o' },
      { kind: 'failed', error, attempts: 1, type: 'placed.v1', key: 'o' },
    ]);
    expect(consumer.state).toMatchObject({ status: 'running', handled: 1, deadLetters: 2, inFlight: 0 });
  });

  it('is told to whoever listens', async () => {
    const told: ConsumerDiagnostic[] = [];
    const listen = (event: unknown) => void told.push(event as ConsumerDiagnostic);
    subscribe(DIAGNOSTICS.consumer, listen);
    const error = new Error('bad');
    const { memory, consumer, orders } = setUp([handler('placed', throwing(error))]);
    consumer.start();
    const { id } = await orders.placed('o', 1);
    await memory.settled();
    unsubscribe(DIAGNOSTICS.consumer, listen);
    expect(told.filter((event) => event.channel === memory)).toEqual([
      expect.objectContaining({
        kind: 'deadLetter',
        stream: STREAM,
        group: 'transit',
        eventId: id,
        type: 'placed.v1',
        error,
      }),
    ]);
  });
});

async function rejecting(error: unknown): Promise<never> {
  await Promise.resolve();
  throw error;
}

describe('a handler that runs again', () => {
  it('produces its events once, and so does the middleware around it', async () => {
    const again: Middleware = async (context, next) => {
      if (context.stage === 'consume') await shared.orders.paid('before', 0);
      await next().catch(() => next());
    };
    let runs = 0;
    const shared = setUp(
      [
        handler('placed', async (order, n) => {
          await shared.orders.paid(order, n);
          await shared.orders.paid(order, n + 1);
          runs += 1;
          if (runs === 1) throw new Error('after it has produced');
        }),
        handler('paid', () => undefined),
      ],
      { middleware: [(context, next) => (context.event.name === 'placed' ? again(context, next) : next())] },
    );
    shared.consumer.start();
    const { id } = await shared.orders.placed('o', 1);
    await shared.memory.settled();
    const produced: unknown[] = [];
    for await (const batch of shared.memory.read({ stream: STREAM, types: ['paid.v1'] })) {
      produced.push(...batch.map(({ message }) => [message?.key, message?.fields['n'], message?.causationId]));
    }
    expect(runs).toBe(2);
    expect(produced).toEqual([
      ['before', '0', id],
      ['o', '1', id],
      ['o', '2', id],
    ]);
  });
});

describe('a handler', () => {
  it('is given the arguments and the context, which is also the ambient one', async () => {
    const calls: unknown[] = [];
    const { memory, consumer, orders } = setUp([
      handler('placed', (order, n, context) => {
        const { id, type, key, attempt, deliveries, group, stream, signal } = context;
        calls.push([order, n, id, type, key, attempt, deliveries, group, stream, signal.aborted]);
        expect(currentEvent()).toBe(context);
      }),
    ]);
    consumer.start();
    const { id } = await orders.placed('o', 1);
    await memory.settled();
    expect(calls).toEqual([['o', 1, id, 'placed.v1', 'o', 1, 1, 'transit', STREAM, false]]);
    expect(consumer.state.handled).toBe(1);
    expect(currentEvent()).toBeUndefined();
  });

  it('cannot be registered twice for a type', () => {
    const twice = [handler('placed', () => undefined), handler('placed', () => undefined)];
    expect(() => setUp(twice)).toThrow(expect.objectContaining({ code: 'EB_OPTIONS', details: { path: 'placed.v1' } }));
  });
});
