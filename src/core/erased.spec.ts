import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { BatchCalls } from './batch-calls.js';
import { Consumer } from './consumer.js';
import type { Handler } from './consumer-options.js';
import { ContractEvent, EventsContract, Field, Personal } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DIAGNOSTICS, type ConsumerDiagnostic } from './diagnostics.js';
import { ERASED, Erased } from './erased.js';
import type { EventDefinition } from './event-definition.js';
import type { Middleware } from './middleware.js';
import { createProducer } from './producer.js';

class User {
  declare readonly email: string;
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Personal() user: User, count: number) {
    return { user, count };
  }

  @ContractEvent()
  rated(@Personal({ erasable: true }) @Field({ type: () => User }) user: User | Erased, stars: number) {
    return { user, stars };
  }
}

const STREAM = { environment: 'test', contract: 'orders' };
const { byMethod, byType } = describeContract(Orders);
const eventOf = (method: string) => byMethod.get(method) as EventDefinition;
const ADA = { email: 'ada@example.org' };

function setUp() {
  const channel = memoryChannel();
  return { channel, orders: createProducer(Orders, { channel, environment: 'test', source: 'shop' }) };
}

function consume(channel: ReturnType<typeof memoryChannel>, handlers: Handler[], middleware: Middleware[] = []) {
  const options = { channel, stream: STREAM, group: 'transit', knownTypes: [...byType.keys()] };
  const consumer = new Consumer({ ...options, handlers, middleware });
  onTestFinished(() => consumer.stop(1_000));
  consumer.start();
  return consumer;
}

function said(channel: object): ConsumerDiagnostic[] {
  const events: ConsumerDiagnostic[] = [];
  const listen = (event: unknown) => {
    if ((event as ConsumerDiagnostic).channel === channel) events.push(event as ConsumerDiagnostic);
  };
  subscribe(DIAGNOSTICS.consumer, listen);
  onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listen));
  return events;
}

describe('an event whose argument was erased', () => {
  it('is handled when the argument is erasable: its handler is given ERASED', async () => {
    const { channel, orders } = setUp();
    const { id } = await orders.rated(ADA, 5);
    await channel.admin.erase(STREAM, [id]);
    const seen: unknown[][] = [];
    const consumer = consume(channel, [{ event: eventOf('rated'), invoke: (args) => seen.push(args) }]);
    await vi.waitFor(() => expect(consumer.state.handled).toBe(1));
    expect(seen).toEqual([[ERASED, 5]]);
    expect(seen[0]?.[0]).toBeInstanceOf(Erased);
  });

  it('is passed over otherwise: no handler, no middleware, no retry and no dead letter, but it is counted and said', async () => {
    const { channel, orders } = setUp();
    const events = said(channel);
    const { id } = await orders.placed(ADA, 1);
    await orders.placed(ADA, 2);
    await channel.admin.erase(STREAM, [id]);
    const seen: unknown[] = [];
    let around = 0;
    const consumer = consume(
      channel,
      [{ event: eventOf('placed'), invoke: ([, count]) => seen.push(count) }],
      [
        (_, next) => {
          around += 1;
          return next();
        },
      ],
    );
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ handled: 1, erased: 1, inFlight: 0 }));
    expect([seen, around]).toEqual([[2], 1]);
    expect(consumer.state).toMatchObject({ skipped: 0, deadLetters: 0 });
    expect(await channel.admin.state(STREAM, 'transit')).toMatchObject({ pending: 0, deadLetters: 0 });
    expect(events).toMatchObject([{ kind: 'erased', eventId: id, type: 'placed.v1', group: 'transit' }]);
  });

  it('fails when nobody says that the argument was erased: only what is named so is passed over', async () => {
    const { channel } = setUp();
    const metadata = { id: 'e-1', source: 'shop', type: 'placed.v1', time: 1, key: 'k', correlationId: 'e-1' };
    const rest = { contentType: 'application/json', headers: {}, fields: { count: '1' }, personal: ['user'] };
    await channel.publish(STREAM, [{ ...metadata, ...rest }]);
    const invoke = ([user]: unknown[]) => (user as User).email;
    const consumer = consume(channel, [{ event: eventOf('placed'), invoke }]);
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ deadLetters: 1, erased: 0, handled: 0 }));
  });

  it('never reaches a batch, and the others of the batch do', async () => {
    const { channel, orders } = setUp();
    const { id } = await orders.placed(ADA, 1);
    const erasable = await orders.rated(ADA, 5);
    await orders.placed(ADA, 2);
    await channel.admin.erase(STREAM, [id, erasable.id]);
    const seen: unknown[] = [];
    const batches = new BatchCalls((items) => seen.push(...items.map(({ args }) => args)), { maxWaitMs: 1 });
    const consumer = consume(channel, [
      { event: eventOf('placed'), invoke: (args, context) => batches.call(args, context) },
      { event: eventOf('rated'), invoke: (args, context) => batches.call(args, context) },
    ]);
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ handled: 2, erased: 1 }));
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual([ERASED, 5]);
    expect(seen).toContainEqual([ADA, 2]);
  });

  it('whose handler could do without it, but of which another argument is gone, is as it always was', async () => {
    const { channel, orders } = setUp();
    await orders.rated(ADA, undefined as never);
    const seen: unknown[][] = [];
    const consumer = consume(channel, [{ event: eventOf('rated'), invoke: (args) => seen.push(args) }]);
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ handled: 1, erased: 0 }));
    expect(seen).toEqual([[ADA, undefined]]);
  });
});

describe('a producer', () => {
  it('takes no erased argument, whether or not its contract does', async () => {
    const { orders } = setUp();
    const loose = orders as unknown as Record<'placed' | 'rated', (...args: unknown[]) => Promise<unknown>>;
    for (const method of ['placed', 'rated'] as const) {
      await expect(loose[method](ERASED, 1)).rejects.toMatchObject({
        code: 'EB_ARGUMENT',
        details: { path: 'user', constraint: 'not erased' },
      });
    }
  });
});

it('ERASED is frozen, and the only value of its class that the library gives', () => {
  expect(Object.isFrozen(ERASED)).toBe(true);
  expect(ERASED).toBeInstanceOf(Erased);
});
