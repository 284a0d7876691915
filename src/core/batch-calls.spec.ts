import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BatchCalls, type BatchOptions } from './batch-calls.js';
import type { BatchItem, BatchRun } from './batch-item.js';
import { BackboneError } from './errors.js';
import { currentEvent, runWithEvent } from './event-run.js';
import type { ConsumeContext } from './middleware.js';

function event(id: string, stopping = new AbortController()) {
  const own = new AbortController();
  const counts = { resting: 0, rested: 0 };
  const context = {
    id,
    signal: own.signal,
    stopping: stopping.signal,
    rest: async <T>(work: () => Promise<T>) => {
      counts.resting += 1;
      try {
        return await work();
      } finally {
        counts.resting -= 1;
        counts.rested += 1;
      }
    },
  } as unknown as ConsumeContext;
  return { context, own, stopping, counts };
}

/** A batch handler that is told by the test how each batch ends. */
function scene(options: BatchOptions = {}) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const batches: { items: readonly BatchItem[]; done: () => void; fail: (error: unknown) => void }[] = [];
  const run: BatchRun = (items) => new Promise<void>((done, fail) => batches.push({ items, done, fail }));
  const calls = new BatchCalls(run, options);
  const outcomes = new Map<string, unknown>();
  const call = (id: string, of = event(id)) => {
    void calls.call([id], of.context).then(
      () => outcomes.set(id, 'done'),
      (error: unknown) => outcomes.set(id, error),
    );
    return of;
  };
  const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
  const seen = () => batches.map(({ items }) => items.map(({ args }) => args[0]));
  return { call, batches, outcomes, pass, seen };
}

describe('calls for single events', () => {
  it('run together once there are enough', async () => {
    const { call, seen, outcomes, batches, pass } = scene({ maxSize: 3 });
    for (const id of ['a', 'b']) call(id);
    await pass();
    expect(seen()).toEqual([]);
    call('c');
    await pass();
    expect(seen()).toEqual([['a', 'b', 'c']]);
    expect(outcomes.size).toBe(0);
    batches[0]?.done();
    await pass();
    expect([...outcomes]).toEqual([
      ['a', 'done'],
      ['b', 'done'],
      ['c', 'done'],
    ]);
  });

  it('run together once the first has waited long enough', async () => {
    const { call, seen, pass } = scene({ maxWaitMs: 50 });
    call('a');
    await pass(49);
    call('b');
    expect(seen()).toEqual([]);
    await pass(1);
    expect(seen()).toEqual([['a', 'b']]);
    call('c');
    await pass(49);
    expect(seen()).toHaveLength(1);
    await pass(1);
    expect(seen()).toEqual([['a', 'b'], ['c']]);
  });

  it('are a hundred, or wait 20 ms, unless told otherwise', async () => {
    const { call, seen, pass } = scene();
    for (let i = 0; i < 120; i += 1) call(`${i}`);
    await pass(19);
    expect(seen().map(({ length }) => length)).toEqual([100]);
    await pass(1);
    expect(seen().map(({ length }) => length)).toEqual([100, 20]);
  });

  it('are given with the context of each', async () => {
    const { call, batches, pass } = scene();
    const { context } = call('a');
    await pass(20);
    expect(batches[0]?.items.map((item) => item.context)).toEqual([context]);
  });

  it('give up their places until the batch is done', async () => {
    const { call, batches, pass } = scene({ maxSize: 2 });
    const events = [call('a'), call('b')];
    await pass();
    expect(events.map(({ counts }) => counts)).toEqual([
      { resting: 1, rested: 0 },
      { resting: 1, rested: 0 },
    ]);
    batches[0]?.done();
    await pass();
    expect(events.map(({ counts }) => counts.rested)).toEqual([1, 1]);
  });

  it('leave no timer and no listener behind', async () => {
    const { call, batches, pass } = scene({ maxSize: 1 });
    const one = event('a');
    const removed = vi.spyOn(one.own.signal, 'removeEventListener');
    const added = vi.spyOn(one.own.signal, 'addEventListener');
    call('a', one);
    await pass();
    batches[0]?.done();
    await pass();
    expect(vi.getTimerCount()).toBe(0);
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed.mock.lastCall).toEqual(added.mock.lastCall);
  });

  it('share one listener for the stop of their consumer, however many they are', async () => {
    const { call, seen, pass } = scene({ maxSize: 40 });
    const stopping = new AbortController();
    const added = vi.spyOn(stopping.signal, 'addEventListener');
    for (let i = 0; i < 120; i += 1) call(`${i}`, event(`${i}`, stopping));
    await pass();
    expect(seen()).toHaveLength(3);
    expect(added).toHaveBeenCalledTimes(1);
  });
});

describe('a batch', () => {
  it('that fails, fails every event in it', async () => {
    const { call, batches, outcomes, pass } = scene({ maxSize: 2 });
    for (const id of ['a', 'b']) call(id);
    await pass();
    const error = new Error('all of it');
    batches[0]?.fail(error);
    await pass();
    expect([...outcomes]).toEqual([
      ['a', error],
      ['b', error],
    ]);
  });

  it('that throws at once does the same', async () => {
    const calls = new BatchCalls(
      () => {
        throw new Error('at once');
      },
      { maxSize: 1 },
    );
    await expect(calls.call([], event('a').context)).rejects.toThrow('at once');
  });

  it('fails single events with errors of their own, when it is done', async () => {
    const { call, batches, outcomes, pass } = scene({ maxSize: 3 });
    for (const id of ['a', 'b', 'c']) call(id);
    await pass();
    const [batch] = batches;
    const own = new Error('only b');
    batch?.items[1]?.fail(own);
    batch?.items[1]?.fail(new Error('too much'));
    batch?.items[2]?.fail(undefined);
    await pass();
    expect(outcomes.size).toBe(0);
    batch?.done();
    await pass();
    expect([...outcomes]).toEqual([
      ['a', 'done'],
      ['b', own],
      ['c', undefined],
    ]);
  });

  it('that fails leaves events their own errors', async () => {
    const { call, batches, outcomes, pass } = scene({ maxSize: 2 });
    for (const id of ['a', 'b']) call(id);
    await pass();
    batches[0]?.items[0]?.fail('own');
    batches[0]?.fail('all');
    await pass();
    expect([...outcomes]).toEqual([
      ['a', 'own'],
      ['b', 'all'],
    ]);
  });

  it('cannot fail an event any more once it is done', async () => {
    const { call, batches, outcomes, pass } = scene({ maxSize: 1 });
    call('a');
    await pass();
    batches[0]?.done();
    await pass();
    batches[0]?.items[0]?.fail(new Error('late'));
    await pass();
    expect(outcomes.get('a')).toBe('done');
  });

  it('does not wait for the one before', async () => {
    const { call, batches, outcomes, pass } = scene({ maxSize: 1 });
    for (const id of ['a', 'b']) call(id);
    await pass();
    batches[1]?.done();
    await pass();
    expect([...outcomes]).toEqual([['b', 'done']]);
  });

  it('has no current event, whichever event completed it', async () => {
    const seen: unknown[] = [];
    const other = new AsyncLocalStorage<string>();
    const calls = new BatchCalls(() => seen.push(currentEvent(), other.getStore()), { maxSize: 2 });
    const joined = ['a', 'b'].map((id) => {
      const { context } = event(id);
      return other.run(id, () => runWithEvent(context, () => calls.call([], context)));
    });
    await Promise.all(joined);
    expect(seen).toEqual([undefined, undefined]);
  });

  it('has the current event of the one that completed it when it is called plainly', () => {
    const { context } = event('a');
    runWithEvent(context, () => expect(currentEvent()).toBe(context));
  });
});

describe('an event that waits for its batch', () => {
  it('is taken out with the reason when it is lost', async () => {
    const { call, seen, outcomes, pass } = scene({ maxSize: 2 });
    const { own } = call('a');
    await pass();
    const reason = new BackboneError('EB_LEASE_LOST', 'gone');
    own.abort(reason);
    await pass();
    expect(outcomes.get('a')).toBe(reason);
    for (const id of ['b', 'c']) call(id);
    await pass();
    expect(seen()).toEqual([['b', 'c']]);
  });

  it('is taken out when the consumer stops, to be handed out again', async () => {
    const { call, seen, outcomes, pass } = scene();
    const stopping = new AbortController();
    for (const id of ['a', 'b']) call(id, event(id, stopping));
    await pass();
    stopping.abort();
    await pass(100);
    expect(seen()).toEqual([]);
    expect([...outcomes.values()]).toMatchObject([{ code: 'EB_STOPPING' }, { code: 'EB_STOPPING' }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves the next one all of its time', async () => {
    const { call, seen, pass } = scene({ maxWaitMs: 50 });
    const { own } = call('a');
    await pass(40);
    own.abort();
    call('b');
    await pass(49);
    expect(seen()).toEqual([]);
    await pass(1);
    expect(seen()).toEqual([['b']]);
  });

  it('does not even join when its signal has fired or the consumer stops', async () => {
    const { call, seen, outcomes, pass } = scene({ maxSize: 1 });
    const lost = event('a');
    lost.own.abort('lost');
    call('a', lost);
    const stopped = event('b');
    stopped.stopping.abort();
    call('b', stopped);
    await pass(100);
    expect(seen()).toEqual([]);
    expect(outcomes.get('a')).toBe('lost');
    expect(outcomes.get('b')).toMatchObject({ code: 'EB_STOPPING' });
  });

  it('stays in a batch that has begun', async () => {
    const { call, batches, outcomes, pass } = scene({ maxSize: 1 });
    const { own, stopping } = call('a');
    await pass();
    own.abort();
    stopping.abort();
    await pass();
    expect(outcomes.size).toBe(0);
    batches[0]?.done();
    await pass();
    expect(outcomes.get('a')).toBe('done');
  });

  it.each<[string, BatchOptions]>([
    ['maxSize', { maxSize: 0 }],
    ['maxSize', { maxSize: 1.5 }],
    ['maxSize', { maxSize: Infinity }],
    ['maxWaitMs', { maxWaitMs: -1 }],
    ['maxWaitMs', { maxWaitMs: Number.NaN }],
    ['maxWaitMs', { maxWaitMs: 2 ** 31 }],
  ])('needs options that make sense: %s', (name, options) => {
    expect(() => new BatchCalls(() => {}, options)).toThrow(new RegExp(`^EB_OPTIONS: batch\\.${name} must be`));
  });
});
