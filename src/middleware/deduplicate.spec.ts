import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DIAGNOSTICS,
  type Channel,
  type ConsumeContext,
  type ConsumerDiagnostic,
  type Middleware,
  type PayloadStore,
  type ProduceContext,
} from '../core/index.js';
import { memoryPayloadStore } from '../memory/memory-payload-store.js';
import { deduplicate, type DeduplicateOptions } from './deduplicate.js';
import { retry } from './retry.js';

const stream = { environment: 'prod', contract: 'orders' };

function contextOf(like: Partial<ConsumeContext> = {}) {
  const context = {
    ...{ stage: 'consume', id: 'e1', type: 'placed.v1', stream, group: 'mail', channel: {} as Channel },
    ...{ attempt: 1, failures: 0, skipped: false, recordFailure: () => Promise.resolve() },
    ...{ stopping: new AbortController().signal, signal: new AbortController().signal },
    rest: (work: () => unknown) => work(),
    skip: () => void (context.skipped = true),
    ...like,
  };
  return context as unknown as ConsumeContext;
}

function scene(options: Partial<DeduplicateOptions> = {}) {
  let effects = 0;
  const middleware = deduplicate({ store: memoryPayloadStore(), ...options });
  const deliver = async (like: Partial<ConsumeContext> = {}, handler: () => unknown = () => undefined) => {
    const context = contextOf(like);
    await middleware(context, async () => {
      await handler();
      effects += 1;
    });
    return context;
  };
  return { deliver, effects: () => effects };
}

const broken = (like: Partial<PayloadStore>): PayloadStore => ({ ...bound(memoryPayloadStore()), ...like });

function bound(store: PayloadStore): PayloadStore {
  return {
    put: (...args) => store.put(...args),
    get: (keys) => store.get(keys),
    erase: (keys) => store.erase(keys),
    list: (eventId) => store.list(eventId),
    close: () => store.close(),
  };
}

describe('deduplicate', () => {
  it('lets an event that is delivered again have no second effect', async () => {
    const { deliver, effects } = scene();
    expect((await deliver()).skipped).toBe(false);
    expect((await deliver()).skipped).toBe(true);
    expect(effects()).toBe(1);
  });

  it('without it there would be a second effect', async () => {
    let effects = 0;
    const nothing: Middleware = (_, next) => next();
    for (let i = 0; i < 2; i += 1) await nothing(contextOf(), async () => void (effects += 1));
    expect(effects).toBe(2);
  });

  it.each<[string, Partial<ConsumeContext>]>([
    ['another event', { id: 'e2' }],
    ['the same event for another group', { group: 'bills' }],
    ['an event of another contract with the same id', { stream: { ...stream, contract: 'shipments' } }],
    ['an event of another environment with the same id', { stream: { ...stream, environment: 'test' } }],
  ])('handles %s', async (_, other) => {
    const { deliver, effects } = scene();
    await deliver();
    await deliver(other);
    expect(effects()).toBe(2);
  });

  it('takes groups that name the same one for one', async () => {
    const { deliver, effects } = scene({ group: 'mail-of-all' });
    await deliver();
    await deliver({ group: 'bills' });
    expect(effects()).toBe(1);
  });

  it('handles an event again whose handler failed', async () => {
    const { deliver, effects } = scene();
    const failing = () => {
      throw new Error('no');
    };
    await expect(deliver({}, failing)).rejects.toThrow('no');
    await deliver();
    expect(effects()).toBe(1);
  });

  it('remembers nothing about an event that the handler skipped', async () => {
    const store = memoryPayloadStore();
    const context = contextOf();
    await deduplicate({ store })(context, async () => context.skip());
    expect(await store.list('e1')).toEqual([]);
  });

  it('forgets after its time, a day unless told otherwise', async () => {
    for (const [ttlMs, lasts] of [[undefined, 86_400_000] as const, [5_000, 5_000] as const]) {
      let now = 0;
      const { deliver, effects } = scene({ store: memoryPayloadStore({ now: () => now }), ttlMs });
      await deliver();
      now = lasts - 1;
      await deliver();
      expect(effects()).toBe(1);
      now = lasts;
      await deliver();
      expect(effects()).toBe(2);
    }
  });

  it('does not run the handler while the store cannot be asked, and spends no attempt on that', async () => {
    let asked = 0;
    const get: PayloadStore['get'] = (keys) => {
      asked += 1;
      return asked < 10 ? Promise.reject(new Error('away')) : Promise.resolve(keys.map(() => undefined));
    };
    const once = deduplicate({ store: broken({ get }) });
    let effects = 0;
    const around = retry({ attempts: 2, wait: () => Promise.resolve() });
    const context = contextOf();
    await around(context, () => once(context, async () => void (effects += 1)));
    expect({ asked, effects }).toEqual({ asked: 10, effects: 1 });
  });

  it('lets an event succeed whose mark cannot be written, and says so', async () => {
    const heard: ConsumerDiagnostic[] = [];
    const error = new Error('the store holds no Ada');
    const { deliver, effects } = scene({ store: broken({ put: () => Promise.reject(error) }) });
    const channel = {} as Channel;
    const listen = (message: unknown) => {
      if ((message as ConsumerDiagnostic).channel === channel) heard.push(message as ConsumerDiagnostic);
    };
    subscribe(DIAGNOSTICS.consumer, listen);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listen));
    const context = await deliver({ channel, fields: { name: '"Ada"' } });
    expect({ skipped: context.skipped, effects: effects() }).toEqual({ skipped: false, effects: 1 });
    const about = { stream, group: 'mail', eventId: 'e1', type: 'placed.v1', attempt: 1 };
    expect(heard).toEqual([
      { kind: 'settleFailed', channel, ...about, error, reason: 'the store holds no [argument]' },
    ]);
  });

  it('does not touch events on their way out', async () => {
    let runs = 0;
    const once = deduplicate({ store: broken({ get: () => Promise.reject(new Error('away')) }) });
    await once({ stage: 'produce' } as ProduceContext, async () => void (runs += 1));
    expect(runs).toBe(1);
  });

  it.each<[string, Partial<DeduplicateOptions>, RegExp]>([
    ['no time', { ttlMs: 0 }, /^EB_OPTIONS: deduplicate\.ttlMs must/],
    ['a time without end', { ttlMs: Infinity }, /^EB_OPTIONS: deduplicate\.ttlMs must/],
    ['a group that is no name', { group: 'a b' }, /^EB_NAME: the group "a b"/],
  ])('refuses %s', (_, options, message) => {
    expect(() => deduplicate({ store: memoryPayloadStore(), ...options })).toThrow(message);
  });
});
