import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { paid, PATIENCE, scene, type Methods } from './accounts-scene.js';

describe('init', () => {
  it('makes the model anew and tells how far it is', async () => {
    const { producer, runner, model, balances } = scene({ batchSize: 2 });
    for (let i = 0; i < 5; i += 1) await producer.paid('ada', 1);
    await runner.init();
    await model.transaction('balances', async (tx) => tx.table('balances').set('eve', 1));
    const progress: number[] = [];
    const report = await runner.init({ onProgress: ({ done }) => progress.push(done) });
    expect(report).toEqual({ events: 5, resumed: false });
    expect(progress).toEqual([2, 4, 5]);
    expect(balances()).toEqual({ ada: 5 });
  });

  it.each([false, true])('goes on where it was broken off, and begins anew if it must (swap: %s)', async (swap) => {
    const { producer, runner, balances } = scene({ batchSize: 2 });
    for (let i = 0; i < 6; i += 1) await producer.paid('ada', 1);
    const breaking = () => {
      const stop = new AbortController();
      const broken = runner.init({ swap, fresh: true, signal: stop.signal, onProgress: () => stop.abort() });
      return expect(broken).rejects.toMatchObject({ code: 'EB_STOPPING' });
    };
    await breaking();
    expect(await runner.init({ swap })).toEqual({ events: 4, resumed: true });
    expect(balances()).toEqual({ ada: 6 });
    await breaking();
    expect(await runner.init({ swap, fresh: true })).toEqual({ events: 6, resumed: false });
    expect(balances()).toEqual({ ada: 6 });
  });

  it('with swap shows the old model until the new one is there, and stops who followed the old one', async () => {
    const { producer, runner, another, balances } = scene({ checkEveryMs: 5 });
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    const seen: unknown[] = [];
    const double: Methods = { paid: (account, amount, projected) => paid(account, 2 * amount, projected) };
    const next = another({ on: double, version: 2, batchSize: 1 });
    await producer.paid('ada', 1);
    await next.init({ swap: true, onProgress: () => seen.push(balances()) });
    expect(seen).not.toContainEqual({});
    expect(seen).not.toContainEqual({ ada: 4 });
    expect(balances()).toEqual({ ada: 4 });
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('replaced'), PATIENCE);
    next.start();
    await next.waitFor((await producer.paid('ada', 1)).position);
    expect(balances()).toEqual({ ada: 6 });
  });

  it('of a runner that follows lets it follow afterwards', async () => {
    const { producer, runner, balances } = scene();
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    await runner.init({ swap: true });
    await runner.waitFor((await producer.paid('ada', 1)).position);
    await runner.init();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    expect(balances()).toEqual({ ada: 3 });
  });

  it('makes the model that following and crashing makes', async () => {
    const event = fc.record({
      account: fc.constantFrom('ada', 'bob', 'cyd'),
      amount: fc.integer({ min: 1, max: 9 }),
      what: fc.constantFrom('paid', 'paid', 'closed', 'crash'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (events, batchSize) => {
          const { producer, runner, another, balances } = scene({ batchSize });
          let following = runner;
          following.start();
          for (const { account, amount, what } of events) {
            if (what === 'paid') await producer.paid(account, amount);
            else if (what === 'closed') await producer.closed(account);
            else {
              following = another();
              following.start();
            }
          }
          await following.waitFor((await producer.paid('end', 1)).position);
          const live = balances();
          await following.stop(1_000);
          await another().init({ swap: true });
          expect(balances()).toEqual(live);
          await another().init();
          expect(balances()).toEqual(live);
        },
      ),
      { numRuns: 30 },
    );
  });
});
