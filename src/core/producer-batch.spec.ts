import { describe, expect, it, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import type { ReadEvent } from './delivery.js';
import { ContractEvent, EventsContract, Key } from './contract-decorators.js';
import { BackboneError } from './errors.js';
import type { Middleware } from './middleware.js';
import { createProducer, type BatchMethods, type Producer, type ProducerOptions } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, note: string) {
    return { order, note };
  }

  @ContractEvent()
  paid(@Key() order: string) {
    return { order };
  }
}

interface SetUp {
  readonly orders: Producer<Orders>;
  /** How many messages each call of `publish` had. */
  readonly calls: readonly number[];
  readonly stored: (environment?: string) => Promise<readonly ReadEvent[]>;
}

function setUp(options: Partial<ProducerOptions> = {}): SetUp {
  const memory = memoryChannel();
  const calls: number[] = [];
  const counting: Pick<Channel, 'publish'> = {
    publish: (stream, messages, publishOptions) => {
      calls.push(messages.length);
      return memory.publish(stream, messages, publishOptions);
    },
  };
  const channel = Object.assign(Object.create(memory) as Channel, counting);
  return {
    orders: createProducer(Orders, { channel, environment: 'test', source: 'shop', ...options }),
    calls,
    stored: async (environment = 'test') => {
      const events: ReadEvent[] = [];
      for await (const batch of memory.read({ stream: { environment, contract: 'orders' } })) events.push(...batch);
      return events;
    },
  };
}

const threeEvents = (batch: BatchMethods<Orders>) => {
  batch.placed('o-1', 'a');
  batch.paid('o-1');
  batch.placed('o-2', 'b');
};

describe('a batch', () => {
  it('is appended in one call, in the order recorded, with a receipt for each event', async () => {
    const { orders, calls, stored } = setUp();
    const receipts = await orders.$batch(threeEvents);
    const events = await stored();
    expect(calls).toEqual([3]);
    expect(events.map(({ message }) => message?.type)).toEqual(['placed.v1', 'paid.v1', 'placed.v1']);
    expect(receipts.map(({ id, position }) => [id, position])).toEqual(
      events.map(({ message, position }) => [message?.id, position]),
    );
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
  });

  it('keeps its order, and its receipts theirs, when middleware takes longer for earlier events', async () => {
    const waiting: (() => void)[] = [];
    const backwards: Middleware = async (_, next) => {
      const turn = new Promise<void>((resolve) => waiting.unshift(resolve));
      if (waiting.length === 3) setImmediate(() => releaseAll(waiting));
      await turn;
      await next();
    };
    const { orders, stored } = setUp({ middleware: [backwards] });
    const receipts = await orders.$batch(threeEvents);
    const events = await stored();
    expect(events.map(({ message }) => message?.type)).toEqual(['placed.v1', 'paid.v1', 'placed.v1']);
    expect(receipts.map(({ id }) => id)).toEqual(events.map(({ message }) => message?.id));
  });

  it('that expects a state of its key is stored whole or not at all', async () => {
    const { orders, stored } = setUp();
    const order = (batch: BatchMethods<Orders>) => {
      batch.placed('o-1', 'a');
      batch.paid('o-1');
    };
    await orders.$with({ expected: 'none' }).$batch(order);
    await expect(orders.$with({ expected: 1 }).$batch(order)).rejects.toMatchObject({ code: 'EB_CONFLICT' });
    expect(await stored()).toHaveLength(2);
  });

  it('of no events resolves to no receipts and appends nothing', async () => {
    const { orders, calls } = setUp();
    await expect(orders.$batch(() => undefined)).resolves.toEqual([]);
    expect(calls).toEqual([]);
  });

  it('has the key, the headers and the environment that $with set', async () => {
    const { orders, stored } = setUp();
    await orders.$with({ key: 'k', headers: { tenant: 'a' }, environment: 'other' }).$batch(threeEvents);
    await expect(stored()).resolves.toEqual([]);
    for (const { message } of await stored('other'))
      expect(message).toMatchObject({ key: 'k', headers: { tenant: 'a' } });
    await expect(stored('other')).resolves.toHaveLength(3);
  });

  it('cannot have one event id for several events', async () => {
    const { orders, stored } = setUp();
    await expect(orders.$with({ eventId: 'e-1' }).$batch(threeEvents)).rejects.toMatchObject({
      code: 'EB_ARGUMENT',
      details: { path: 'eventId' },
    });
    await expect(stored()).resolves.toEqual([]);
  });

  it('whose middleware calls next twice is stored once', async () => {
    const twice: Middleware = async (_, next) => {
      await next();
      await next();
    };
    const { orders, calls } = setUp({ middleware: [twice] });
    await expect(orders.$batch(threeEvents)).resolves.toHaveLength(3);
    expect(calls).toEqual([3]);
  });
});

describe('a batch stores nothing at all when', () => {
  const refusingPaid: Middleware = async (context, next) => {
    await Promise.resolve();
    if (context.event.name === 'paid') throw new BackboneError('EB_VALIDATION', 'not this one');
    await next();
  };
  const droppingPaid: Middleware = (context, next) => (context.event.name === 'paid' ? Promise.resolve() : next());
  const throwingPaid: Middleware = (context, next) => {
    if (context.event.name === 'paid') throw new BackboneError('EB_VALIDATION', 'not this one');
    return next();
  };

  it.each<[string, Middleware, string]>([
    ['middleware refuses one event', refusingPaid, 'EB_VALIDATION'],
    ['middleware throws at once for one event', throwingPaid, 'EB_VALIDATION'],
    ['middleware passes over one event', droppingPaid, 'EB_NOT_COMPLETED'],
  ])('%s', async (_, middleware, code) => {
    const { orders, calls, stored } = setUp({ middleware: [middleware] });
    await expect(orders.$batch(threeEvents)).rejects.toMatchObject({ code });
    expect(calls).toEqual([]);
    await expect(stored()).resolves.toEqual([]);
  });

  it.each<[string, (batch: BatchMethods<Orders>) => void, string, string]>([
    ['one key is missing', (batch) => batch.paid(undefined as never), 'EB_ARGUMENT', 'order'],
    ['one argument has another type', (batch) => batch.placed('o-9', 7 as never), 'EB_ARGUMENT', 'note'],
    ['one argument is too large', (batch) => batch.placed('o-9', 'x'.repeat(300_000)), 'EB_TOO_LARGE', 'note'],
  ])('%s', async (_, record, code, path) => {
    const { orders, calls } = setUp();
    const all = (batch: BatchMethods<Orders>) => {
      threeEvents(batch);
      record(batch);
      threeEvents(batch);
    };
    await expect(orders.$batch(all)).rejects.toMatchObject({ code, details: { path } });
    expect(calls).toEqual([]);
  });

  it('one event is refused; then the middleware of the others is told', async () => {
    const told: unknown[] = [];
    const watching: Middleware = async (context, next) => {
      await next().catch((error: unknown) => {
        told.push([context.event.name, (error as BackboneError).code]);
        throw error;
      });
    };
    const { orders } = setUp({ middleware: [watching, refusingPaid] });
    await expect(orders.$batch(threeEvents)).rejects.toMatchObject({ code: 'EB_VALIDATION' });
    await vi.waitFor(() => expect(told).toHaveLength(3));
    expect(told).toContainEqual(['placed', 'EB_VALIDATION']);
  });

  it('the recording function throws', async () => {
    const { orders, calls } = setUp();
    const failing = (batch: BatchMethods<Orders>) => {
      threeEvents(batch);
      throw new Error('changed my mind');
    };
    await expect(orders.$batch(failing)).rejects.toThrow('changed my mind');
    expect(calls).toEqual([]);
  });

  it('the recording function is asynchronous, whose later events would be missing', async () => {
    const { orders, calls } = setUp();
    const record: (batch: BatchMethods<Orders>) => unknown = async (batch) => {
      batch.paid('o-1');
      await Promise.resolve();
      batch.paid('o-2');
    };
    await expect(orders.$batch(record)).rejects.toMatchObject({ code: 'EB_ARGUMENT', details: { path: '$batch' } });
    expect(calls).toEqual([]);
  });

  it('the channel fails; then every call is told', async () => {
    const failure = new BackboneError('EB_OUTCOME_UNKNOWN', 'the line broke');
    const channel = Object.assign(Object.create(memoryChannel()) as Channel, {
      publish: () => Promise.reject(failure),
    });
    const { orders } = setUp({ channel });
    await expect(orders.$batch(threeEvents)).rejects.toBe(failure);
  });
});

describe('a batch that is over', () => {
  it('records nothing any more', async () => {
    const { orders, stored } = setUp();
    let late: BatchMethods<Orders> | undefined;
    await orders.$batch((batch) => {
      late = batch;
      batch.paid('o-1');
    });
    expect(() => late?.paid('o-2')).toThrow(
      expect.objectContaining({ code: 'EB_ARGUMENT', details: { path: '$batch', constraint: 'batch' } }),
    );
    await expect(stored()).resolves.toHaveLength(1);
  });
});

function releaseAll(waiting: readonly (() => void)[]): void {
  for (const release of waiting) release();
}
