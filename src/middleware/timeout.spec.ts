import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isBackboneError, type BackboneError, type ConsumeContext, type ProduceContext } from '../core/index.js';
import { timeout } from './timeout.js';

function scene(ms: number) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const controller = new AbortController();
  const context = {
    stage: 'consume',
    type: 'placed.v1',
    signal: controller.signal,
    abortAttempt: (reason: BackboneError) => controller.abort(reason),
  } as unknown as ConsumeContext;
  const run = (next: () => Promise<void>) => timeout(ms)(context, next);
  return { run, context, signal: controller.signal };
}

const failureOf = (running: Promise<void>): Promise<unknown> =>
  running.then(
    () => undefined,
    (error: unknown) => error,
  );

const never = () => new Promise<void>(() => {});

describe('timeout', () => {
  it('fails a try that has not finished in time', async () => {
    const { run } = scene(1_000);
    const failure = failureOf(run(never));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await failure).toMatchObject({ code: 'EB_TIMEOUT', details: { ms: 1_000 } });
  });

  it('does not fail a try before its time', async () => {
    const { run, signal } = scene(1_000);
    let finish: () => void = () => undefined;
    const running = run(() => new Promise((resolve) => (finish = resolve)));
    await vi.advanceTimersByTimeAsync(999);
    finish();
    await running;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(signal.aborted).toBe(false);
  });

  it('fires the signal of the try with the same error, before the failure is known', async () => {
    const { run, signal } = scene(50);
    const order: unknown[] = [];
    signal.addEventListener('abort', () => order.push(signal.reason));
    const running = run(never).catch((error: unknown) => order.push(error));
    await vi.advanceTimersByTimeAsync(50);
    await running;
    expect(order).toHaveLength(2);
    expect(order[0]).toBe(order[1]);
    expect(isBackboneError(order[0], 'EB_TIMEOUT')).toBe(true);
  });

  it.each<[string, (signal: AbortSignal) => () => Promise<void>]>([
    ['returns', (signal) => () => new Promise((resolve) => signal.addEventListener('abort', () => resolve()))],
    [
      'fails in its own way',
      (signal) => () =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up')))),
    ],
  ])('has failed also when the handler %s as soon as its signal fires', async (_, handler) => {
    const { run, signal } = scene(50);
    const failure = failureOf(run(handler(signal)));
    await vi.advanceTimersByTimeAsync(50);
    expect(await failure).toMatchObject({ code: 'EB_TIMEOUT' });
  });

  it('ignores what the handler does later', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    onTestFinished(() => void process.off('unhandledRejection', listen));
    const { run } = scene(50);
    let fail: (error: Error) => void = () => undefined;
    const failure = failureOf(run(() => new Promise((_, reject) => (fail = reject))));
    await vi.advanceTimersByTimeAsync(50);
    expect(await failure).toMatchObject({ code: 'EB_TIMEOUT' });
    vi.useRealTimers();
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });

  it.each<[string, () => Promise<void>]>([
    ['finishes', () => Promise.resolve()],
    ['rejects', () => Promise.reject(new Error('own'))],
    [
      'throws at once',
      () => {
        throw new Error('own');
      },
    ],
  ])('leaves no timer behind when the handler %s', async (_, handler) => {
    const { run } = scene(50);
    const error = await failureOf(run(handler));
    expect(vi.getTimerCount()).toBe(0);
    expect(error === undefined || (error as Error).message === 'own').toBe(true);
  });

  it('gives each try its own time', async () => {
    const { run } = scene(100);
    const tryOnce = async () => {
      const failure = failureOf(run(never));
      await vi.advanceTimersByTimeAsync(99);
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(await failure).toMatchObject({ code: 'EB_TIMEOUT' });
    };
    await tryOnce();
    await tryOnce();
  });

  it('does not touch events on their way out', async () => {
    scene(1);
    const produced = timeout(1)({ stage: 'produce' } as ProduceContext, () => Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
    await produced;
  });

  it('keeps events from being made ambient for nothing', () => {
    expect(timeout(1).quiet).toBe(true);
  });

  it.each([0, -1, Number.NaN, Infinity, 2 ** 31, '5' as unknown as number, undefined as unknown as number])(
    'refuses a time that cannot be waited: %s',
    (ms) => {
      expect(() => timeout(ms)).toThrow(/^EB_OPTIONS: timeout needs/);
    },
  );
});
