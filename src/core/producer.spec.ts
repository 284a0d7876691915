import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import type { ReadEvent } from './delivery.js';
import type { Stream } from './stream.js';
import { ContractEvent, EventsContract, Key, Personal } from './contract-decorators.js';
import type { Middleware } from './middleware.js';
import { createProducer, type Producer, type ProducerOptions } from './producer.js';

class User {
  declare readonly id: string;
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Personal() user: User, note: string) {
    return { user, note };
  }

  @ContractEvent()
  paid(@Key() order: string) {
    return { order };
  }

  describe(): string {
    return 'no event';
  }
}

const USER = Object.assign(new User(), { id: 'u-1' });

const STREAM: Stream = { environment: 'test', contract: 'orders' };

function setUp(options: Partial<ProducerOptions> = {}): {
  readonly channel: Channel;
  readonly orders: Producer<Orders>;
} {
  const channel = memoryChannel();
  return { channel, orders: createProducer(Orders, { channel, environment: 'test', source: 'shop', ...options }) };
}

async function stored(channel: Channel, stream = STREAM): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read({ stream })) events.push(...batch);
  return events;
}

const storedTypes = async (channel: Channel) => (await stored(channel)).map(({ message }) => message?.type);

describe('a call of a producer', () => {
  it('stores one event and resolves to where it stands', async () => {
    const { channel, orders } = setUp();
    const receipt = await orders.placed(USER, 'quickly');
    const [event, ...others] = await stored(channel);
    expect(others).toEqual([]);
    expect(receipt).toEqual({ id: event?.message?.id, position: event?.position, stream: STREAM, duplicate: false });
    expect(event?.message).toMatchObject({
      type: 'placed.v1',
      source: 'shop',
      contentType: 'application/json',
      fields: { user: '{"id":"u-1"}', note: '"quickly"' },
      personal: ['user'],
    });
  });

  it('stores nothing twice under one event id, and says so', async () => {
    const { channel, orders } = setUp();
    const first = await orders.$with({ eventId: 'e-1' }).paid('o-1');
    const second = await orders.$with({ eventId: 'e-1' }).paid('o-1');
    expect(second).toEqual({ ...first, duplicate: true });
    await expect(stored(channel)).resolves.toHaveLength(1);
  });

  it('that expects a state of its key is stored only if the key is in it', async () => {
    const { channel, orders } = setUp();
    await orders.$with({ expected: 'none' }).paid('o-1');
    await orders.$with({ expected: 1 }).paid('o-1');
    await expect(orders.$with({ expected: 1 }).paid('o-1')).rejects.toMatchObject({
      code: 'EB_CONFLICT',
      details: { expected: 1, actual: 2 },
    });
    await expect(orders.$with({ expected: 'none' }).paid('o-1')).rejects.toMatchObject({ code: 'EB_CONFLICT' });
    await expect(stored(channel)).resolves.toHaveLength(2);
  });

  it('of two that expect the same state at once stores one; without expecting, both are stored', async () => {
    const { channel, orders } = setUp();
    const twice = await Promise.allSettled([1, 2].map(() => orders.$with({ expected: 0 }).paid('o-1')));
    expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await Promise.all([1, 2].map(() => orders.paid('o-1')));
    await expect(stored(channel)).resolves.toHaveLength(3);
  });

  it("in the caller's transaction is refused by a channel that cannot join one, and stores nothing", async () => {
    const { channel, orders } = setUp();
    await expect(orders.$with({ transaction: {} }).paid('o-1')).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
    const batch = orders.$with({ transaction: {} }).$batch((each) => each.paid('o-1'));
    await expect(batch).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
    await expect(stored(channel)).resolves.toEqual([]);
  });

  it('leaves out an argument that is undefined', async () => {
    const { channel, orders } = setUp();
    await orders.placed(USER, undefined as unknown as string);
    expect(Object.keys((await stored(channel))[0]?.message?.fields ?? {})).toEqual(['user']);
  });

  it.each<[string, unknown[], string, string]>([
    ['too many arguments', ['o-1', 'more'], 'EB_ARGUMENT', 'arguments[1]'],
    ['an argument of another type', [{}], 'EB_ARGUMENT', 'order'],
    ['a key that is too long', ['o'.repeat(513)], 'EB_ARGUMENT', 'order'],
  ])('with %s rejects, and stores nothing', async (_, args, code, path) => {
    const { channel, orders } = setUp();
    const loose = orders as unknown as Record<'paid', (...args: unknown[]) => Promise<unknown>>;
    const call = loose.paid(...args);
    await expect(call).rejects.toMatchObject({ code, details: { path } });
    await expect(stored(channel)).resolves.toEqual([]);
  });

  it('with an argument over the limit rejects, and stores nothing', async () => {
    const { channel, orders } = setUp({ limits: { maxArgumentBytes: 12 } });
    await expect(orders.placed(USER, '1234567890')).resolves.toBeDefined();
    await expect(orders.placed(USER, '12345678901')).rejects.toMatchObject({
      code: 'EB_TOO_LARGE',
      details: { path: 'note', size: 13, limit: 12 },
    });
    await expect(stored(channel)).resolves.toHaveLength(1);
  });

  it('is limited by default, also when a limit is passed on as undefined', async () => {
    const { orders } = setUp({ limits: { maxArgumentBytes: undefined, maxEventBytes: undefined } });
    await expect(orders.placed(USER, 'x'.repeat(262_143))).rejects.toMatchObject({
      code: 'EB_TOO_LARGE',
      details: { limit: 262_144 },
    });
  });

  it('writes what the codec of the application gives', async () => {
    const codec = { contentType: 'text/x-own', encode: () => Uint8Array.of(1, 2), decode: () => undefined };
    const { channel, orders } = setUp({ codec });
    await orders.paid('o-1');
    const message = (await stored(channel))[0]?.message;
    expect(message?.contentType).toBe('text/x-own');
    expect(message?.fields['order']).toEqual(Uint8Array.of(1, 2));
  });
});

describe('a producer', () => {
  it('has the events of its contract, $with and $batch, and nothing else', () => {
    const { orders } = setUp();
    expect(Object.keys(orders).sort()).toEqual(['$batch', '$with', 'paid', 'placed']);
    expect(Object.getPrototypeOf(orders)).toBeNull();
    expect('describe' in orders).toBe(false);
  });

  it('cannot be changed', () => {
    const { orders } = setUp();
    expect(Object.isFrozen(orders)).toBe(true);
    expect(Object.isFrozen(orders.$with({ key: 'k' }))).toBe(true);
  });

  it('is itself when it is awaited, and has no hook that a framework would call', async () => {
    const { orders } = setUp();
    await expect(Promise.resolve(orders)).resolves.toBe(orders);
    for (const name of ['then', 'toJSON', 'onModuleInit', 'onApplicationShutdown']) expect(name in orders).toBe(false);
  });

  it.each([
    ['source', { source: 'my shop' }],
    ['environment', { environment: 'a:b' }],
  ])('cannot be made with a %s that is no name', (what, options) => {
    expect(() => setUp(options)).toThrow(expect.objectContaining({ code: 'EB_NAME', details: { what } }));
  });
});

describe('$with', () => {
  it('sets key, headers, event id and environment of the events that follow', async () => {
    const { channel, orders } = setUp();
    const overrides = { eventId: 'e-1', key: 'k', headers: { tenant: 'a' }, environment: 'other' };
    const receipt = await orders.$with(overrides).paid('o-1');
    const other = { environment: 'other', contract: 'orders' };
    expect(receipt).toMatchObject({ id: 'e-1', stream: other });
    expect((await stored(channel, other))[0]?.message).toMatchObject({ id: 'e-1', key: 'k', headers: { tenant: 'a' } });
    await expect(stored(channel)).resolves.toEqual([]);
  });

  it('adds to an earlier one, and the later word counts', async () => {
    const { channel, orders } = setUp();
    const tenant = orders.$with({ key: 'first', headers: { tenant: 'a', more: 'b' } });
    await tenant.$with({ key: 'second' }).paid('o-1');
    await tenant.$with({ headers: { tenant: 'c' } }).paid('o-2');
    await tenant.$with({ key: undefined }).paid('o-3');
    expect((await stored(channel)).map(({ message }) => [message?.key, { ...message?.headers }])).toEqual([
      ['second', { tenant: 'a', more: 'b' }],
      ['first', { tenant: 'c' }],
      ['o-3', { tenant: 'a', more: 'b' }],
    ]);
  });

  it('changes nothing about the producer it was called on', async () => {
    const { channel, orders } = setUp();
    orders.$with({ key: 'k' });
    await orders.paid('o-1');
    expect((await stored(channel))[0]?.message?.key).toBe('o-1');
  });

  it.each([
    [{ environment: 'a b' }, 'EB_NAME'],
    [{ eventId: 'a b' }, 'EB_NAME'],
    [{ key: '' }, 'EB_ARGUMENT'],
  ])('%j is refused by the call that uses it', async (overrides, code) => {
    const { channel, orders } = setUp();
    await expect(orders.$with(overrides).paid('o-1')).rejects.toMatchObject({ code });
    await expect(stored(channel)).resolves.toEqual([]);
  });
});

describe('middleware of a producer', () => {
  it('runs in order around the append, with the arguments as they were given', async () => {
    const seen: string[] = [];
    const named = (name: string): Middleware => {
      return async (context, next) => {
        seen.push(`${name} in: ${JSON.stringify(context.args)}`);
        await next();
        seen.push(`${name} out`);
      };
    };
    await setUp({ middleware: [named('a'), named('b')] }).orders.paid('o-1');
    expect(seen).toEqual(['a in: ["o-1"]', 'b in: ["o-1"]', 'b out', 'a out']);
  });

  it('may replace arguments and metadata before they are stored', async () => {
    const replacing: Middleware = (context, next) => {
      if (context.stage === 'produce') {
        context.args[0] = 'replaced';
        context.metadata = { ...context.metadata, headers: { added: 'x' } };
      }
      return next();
    };
    const { channel, orders } = setUp({ middleware: [replacing] });
    await orders.paid('o-1');
    expect((await stored(channel))[0]?.message).toMatchObject({
      fields: { order: '"replaced"' },
      headers: { added: 'x' },
    });
  });

  it('that throws refuses the event', async () => {
    const refusing: Middleware = () => {
      throw new Error('not today');
    };
    const { channel, orders } = setUp({ middleware: [refusing] });
    await expect(orders.paid('o-1')).rejects.toThrow('not today');
    await expect(stored(channel)).resolves.toEqual([]);
  });

  it.each<[string, Middleware]>([
    ['does not call next', () => Promise.resolve()],
    ['swallows a failure', (_, next) => next().catch(() => undefined)],
  ])('that %s cannot make an event look stored', async (_, middleware) => {
    const failing: Middleware = () => Promise.reject(new Error('below'));
    const { channel, orders } = setUp({ middleware: [middleware, failing] });
    await expect(orders.paid('o-1')).rejects.toMatchObject({ code: 'EB_NOT_COMPLETED', details: { path: 'paid.v1' } });
    await expect(orders.$batch((batch) => batch.paid('o-1'))).rejects.toMatchObject({ code: 'EB_NOT_COMPLETED' });
    await expect(storedTypes(channel)).resolves.toEqual([]);
  });

  it('that calls next twice stores one event', async () => {
    const twice: Middleware = async (_, next) => {
      await next();
      await next();
    };
    const { channel, orders } = setUp({ middleware: [twice] });
    await orders.paid('o-1');
    await expect(storedTypes(channel)).resolves.toEqual(['paid.v1']);
  });
});
