import { describe, expect, it, vi } from 'vitest';
import type { SavedCheckpoint } from 'nest-event-backbone/core';
import { memoryReadModel, type MemoryReadModel } from 'nest-event-backbone/projections';
import { changed, closed, paid, PATIENCE, scene, type Methods } from './accounts-scene.js';

describe('a projection', () => {
  it('takes in what there is and what comes, and tells when it has', async () => {
    const { producer, runner, balances } = scene();
    await producer.paid('ada', 5);
    runner.start();
    const { position } = await producer.paid('ada', 7);
    await runner.waitFor(position);
    expect(balances()).toEqual({ ada: 12 });
    await producer.paid('bob', 1);
    await runner.waitFor((await producer.closed('ada')).position);
    expect(balances()).toEqual({ bob: 1 });
    expect(await runner.state()).toMatchObject({ status: 'live', complete: true, version: 1, lag: { events: 0 } });
  });

  it('waits no longer than it was told, and not for events that it does not handle', async () => {
    const { producer, runner } = scene();
    const { position } = await producer.paid('ada', 1);
    await expect(runner.waitFor(position, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'EB_TIMEOUT' });
    runner.start();
    await runner.waitFor((await producer.audited('ada')).position);
  });

  it('says that it replays until the model holds everything there was, and never after', async () => {
    const seen: boolean[] = [];
    const { producer, runner } = scene({ on: { paid: (_, __, { isReplay }) => seen.push(isReplay) } });
    await producer.paid('ada', 1);
    runner.start();
    await vi.waitFor(async () => expect((await runner.state()).complete).toBe(true), PATIENCE);
    await runner.waitFor((await producer.paid('ada', 2)).position);
    expect(seen).toEqual([true, false]);
  });

  it('goes on behind its checkpoint after a restart', async () => {
    const { producer, runner, another, balances } = scene();
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    await runner.stop(1_000);
    const { position } = await producer.paid('ada', 2);
    const next = another();
    next.start();
    await next.waitFor(position);
    expect(balances()).toEqual({ ada: 3 });
  });

  it('leaves nothing of a batch that fails but what stands before the event, and stops there', async () => {
    const on: Methods = {
      paid: async (account, amount, projected) => {
        await paid(account, amount, projected);
        if (amount === 13) throw new Error('ada@example.org has bad luck');
      },
    };
    const { producer, runner, balances } = scene({ on });
    for (const amount of [1, 2, 13, 4]) await producer.paid('ada', amount);
    runner.start();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('failed'), PATIENCE);
    expect(balances()).toEqual({ ada: 3 });
    const { error } = await runner.state();
    expect(error).toMatchObject({ code: 'EB_PROJECTION', details: { type: 'paid.v1', position: { id: '3' } } });
    expect(String(error)).not.toContain('example.org');
    await expect(runner.waitFor({ partition: 0, id: '4' })).rejects.toBe(error);
  });

  it('passes over events that fail where it may, and notes them without their arguments', async () => {
    const on: Methods = {
      paid: async (account, amount, projected) => {
        await paid(account, amount, projected);
        if (amount === 1313) throw new Error('bad luck with 1313');
      },
    };
    const { producer, runner, balances } = scene({ on, onFailure: 'skip' });
    for (const amount of [1, 1313, 2]) await producer.paid('ada', amount);
    runner.start();
    await runner.waitFor((await producer.paid('ada', 3)).position);
    expect(balances()).toEqual({ ada: 6 });
    const skipped = await runner.skipped();
    expect(skipped).toMatchObject([{ type: 'paid.v1', position: { id: '2' }, reason: { kind: 'failed' } }]);
    expect(JSON.stringify(skipped)).not.toContain('1313');
  });

  it('gives way to a runner that starts later, and what it still does comes to nothing', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow: Methods = {
      paid: async (account, amount, projected) => {
        await held;
        await paid(account, amount, projected);
      },
    };
    const { producer, runner, another, balances } = scene({ on: slow });
    const { position } = await producer.paid('ada', 5);
    runner.start();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('building'), PATIENCE);
    const heir = another({ on: { paid, closed } });
    heir.start();
    await heir.waitFor(position);
    release();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('replaced'), PATIENCE);
    expect((await runner.state()).error).toMatchObject({ code: 'EB_LEASE_LOST' });
    expect(balances()).toEqual({ ada: 5 });
  });

  it('notices that it was replaced while it had nothing to do', async () => {
    const { runner, another } = scene({ checkEveryMs: 5 });
    runner.start();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('live'), PATIENCE);
    another().start();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('replaced'), PATIENCE);
  });

  it('tells when it has ended and why, and goes on while its model is made anew', async () => {
    const { producer, runner, another } = scene({ checkEveryMs: 5 });
    await runner.ended();
    runner.start();
    let isOver = false;
    const ended = runner.ended().finally(() => (isOver = true));
    await runner.init();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    expect(isOver).toBe(false);
    await runner.stop(5_000);
    await ended;
    runner.start();
    const replaced = runner.ended().catch((error: unknown) => error);
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('live'), PATIENCE);
    another().start();
    expect(await replaced).toMatchObject({ code: 'EB_LEASE_LOST' });
    await expect(runner.ended()).rejects.toMatchObject({ code: 'EB_LEASE_LOST' });
  });

  it('without a fence two runners would count an event twice', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const model = memoryReadModel();
    const unfenced = changed(model, {
      takeFence: async (name, holder) => (await model.load(name)) ?? model.takeFence(name, holder),
    });
    const slow: Methods = {
      paid: async (account, amount, projected) => {
        await held;
        await paid(account, amount, projected);
      },
    };
    const { producer, another } = scene({}, model);
    await another().init();
    await producer.paid('ada', 5);
    const [slowOne, other] = [another({ on: slow }, unfenced), another({}, unfenced)];
    slowOne.start();
    await vi.waitFor(async () => expect((await slowOne.state()).status).toBe('live'), PATIENCE);
    other.start();
    await vi.waitFor(() => expect(model.rows('balances', 'balances').get('ada')).toBe(5), PATIENCE);
    release();
    await vi.waitFor(() => expect(model.rows('balances', 'balances').get('ada')).toBe(10), PATIENCE);
  });

  it.each([1, 3])('counts %i events once although their commit ended in an error that nobody knows', async (count) => {
    const { producer, another, model, balances } = scene();
    const runner = another({}, changed(model, hiddenCommits(model)));
    for (let i = 0; i < count; i += 1) await producer.paid('ada', 1);
    runner.start();
    await runner.waitFor((await producer.paid('bob', 1)).position);
    expect(balances()).toEqual({ ada: count, bob: 1 });
  });

  it('that believed itself after such an error, and not what is stored, would count twice', async () => {
    const { producer, another, model, balances } = scene();
    let believed: SavedCheckpoint | undefined;
    const trusting = changed(model, {
      ...hiddenCommits(model),
      takeFence: async (name, holder, again = false) => {
        const saved = await model.takeFence(name, holder, again);
        return again && believed ? { ...believed, fence: saved.fence } : saved;
      },
      recreate: async (name, next, create) => {
        await model.recreate(name, next, create);
        believed = next;
      },
    });
    const runner = another({}, trusting);
    const { position } = await producer.paid('ada', 1);
    runner.start();
    await runner.waitFor(position);
    await vi.waitFor(() => expect(balances()).toEqual({ ada: 2 }), PATIENCE);
  });

  it('refuses a model that another version of it has made', async () => {
    const { runner, another } = scene();
    await runner.init();
    const next = another({ version: 2 });
    next.start();
    await vi.waitFor(async () => expect((await next.state()).error).toMatchObject({ code: 'EB_CONFLICT' }), PATIENCE);
    await next.init();
    expect(await next.state()).toMatchObject({ version: 2, complete: true });
  });
});

/** The first transaction is carried out, and whoever waits for it hears of something else. */
function hiddenCommits(model: MemoryReadModel): Pick<MemoryReadModel, 'transaction'> {
  let isHidden = true;
  return {
    transaction: async (name, work) => {
      const result = await model.transaction(name, work);
      if (!isHidden) return result;
      isHidden = false;
      throw new Error('EPROTO');
    },
  };
}

describe('the log of a projection', () => {
  it('that is another one stops it, until it is told to accept it', async () => {
    const { producer, runner, model } = scene();
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    await runner.stop(1_000);
    const restored = scene({}, model);
    const diverged = { status: 'failed', error: { code: 'EB_DIVERGED' } };
    restored.runner.start();
    await vi.waitFor(async () => expect(await restored.runner.state()).toMatchObject(diverged), PATIENCE);
    await restored.producer.paid('bob', 1);
    restored.runner.start();
    await vi.waitFor(async () => expect(await restored.runner.state()).toMatchObject(diverged), PATIENCE);
    restored.runner.start({ acceptLog: true });
    await restored.runner.waitFor((await restored.producer.paid('bob', 2)).position);
    expect(restored.balances()).toEqual({ ada: 1, bob: 2 });
  });

  it('that was trimmed is the same one', async () => {
    const { producer, runner, another, channel } = scene();
    runner.start();
    const { position, stream } = await producer.paid('ada', 1);
    await runner.waitFor(position);
    await runner.stop(1_000);
    const later = await producer.paid('ada', 2);
    await channel.admin.trim(stream, { until: [position] });
    const next = another();
    next.start();
    await next.waitFor(later.position);
    expect((await next.state()).status).toBe('live');
  });
});
