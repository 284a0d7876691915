import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { Consumer } from './consumer.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { ERASED } from './erased.js';
import { NonRetryableError } from './errors.js';
import type { EventDefinition } from './event-definition.js';
import type { ConsumeContext, Middleware } from './middleware.js';
import { createProducer } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(count: number) {
    return { count };
  }
}

const STREAM = { environment: 'test', contract: 'orders' };

/** Runs one event from a producer to a handler, with middleware on both sides. */
async function sent(outward: Middleware, inward: Middleware) {
  const channel = memoryChannel();
  const seen: unknown[] = [];
  const { byMethod, byType } = describeContract(Orders);
  const consumer = new Consumer({
    ...{ channel, stream: STREAM, group: 'transit', knownTypes: [...byType.keys()], middleware: [inward] },
    handlers: [{ event: byMethod.get('placed') as EventDefinition, invoke: ([count]) => seen.push(count) }],
  });
  onTestFinished(() => consumer.stop(1_000));
  consumer.start();
  const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop', middleware: [outward] });
  const { id } = await orders.placed(3);
  await vi.waitFor(() => {
    const { handled, deadLetters } = consumer.state;
    expect(handled + deadLetters).toBe(1);
  });
  const [event] = await firstPage(channel);
  return { id, seen, state: consumer.state, fields: event?.message?.fields };
}

async function firstPage(channel: ReturnType<typeof memoryChannel>) {
  for await (const page of channel.read({ stream: STREAM })) return page;
  return [];
}

const pass: Middleware = (_, next) => next();
const attaching =
  (name: string, ...values: readonly unknown[]): Middleware =>
  (context, next) => {
    if (context.stage === 'produce') for (const value of values) context.attach(name, value);
    return next();
  };

describe('what middleware attaches to an event', () => {
  it('says on the other side who asked for it and for which tenant, and the handler need not know', async () => {
    const tenants: unknown[] = [];
    const { seen, fields, state } = await sent(
      (context, next) => {
        if (context.stage === 'produce') {
          context.attach('principal', { user: 'ada', roles: ['buyer'], since: 12n });
          context.metadata = { ...context.metadata, headers: { tenant: 'north' } };
        }
        return next();
      },
      (context, next) => {
        const { user, roles } = (context as ConsumeContext).attached('principal') as { user: string; roles: string[] };
        if (!roles.includes('buyer')) throw new NonRetryableError(`${user} may not buy`);
        tenants.push(context.metadata.headers['tenant']);
        return next();
      },
    );
    expect(fields).toMatchObject({
      count: '3',
      'x-principal': '{"user":"ada","roles":["buyer"],"since":{"$bigint":"12"}}',
    });
    expect(tenants).toEqual(['north']);
    expect(seen).toEqual([3]);
    expect(state).toMatchObject({ handled: 1, deadLetters: 0 });
  });

  it('lets a check on the other side refuse the event', async () => {
    const { seen, state } = await sent(pass, (context, next) => {
      if (context.stage === 'consume' && context.attached('principal') === undefined) {
        throw new NonRetryableError('nobody asked for it');
      }
      return next();
    });
    expect(seen).toEqual([]);
    expect(state).toMatchObject({ handled: 0, deadLetters: 1 });
  });

  it('is what was attached last, and nothing when that is undefined', async () => {
    expect((await sent(attaching('n', 1, 2), pass)).fields).toMatchObject({ 'x-n': '2' });
    expect(Object.keys((await sent(attaching('n', 1, undefined), pass)).fields ?? {})).toEqual(['count']);
  });

  it.each<[string, string, unknown, string]>([
    ['a name that is none', 'a:b', 1, 'EB_NAME'],
    ['a value that no codec writes', 'n', () => 1, 'EB_ARGUMENT'],
    ['what was erased', 'n', ERASED, 'EB_ARGUMENT'],
  ])('with %s is refused, and nothing is stored', async (_, name, value, code) => {
    const channel = memoryChannel();
    const middleware = [attaching(name, value)];
    const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop', middleware });
    await expect(orders.placed(1)).rejects.toMatchObject({ code });
    expect(await firstPage(channel)).toEqual([]);
  });

  it('counts for the size of its event', async () => {
    const options = { channel: memoryChannel(), environment: 'test', source: 'shop', limits: { maxArgumentBytes: 10 } };
    const orders = createProducer(Orders, { ...options, middleware: [attaching('n', 'x'.repeat(10))] });
    await expect(orders.placed(1)).rejects.toMatchObject({ code: 'EB_TOO_LARGE', details: { path: 'x-n' } });
  });
});
