import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BackboneError,
  DIAGNOSTICS,
  NonRetryableError,
  type Channel,
  type ConsumeContext,
  type ConsumerDiagnostic,
  type ErrorCode,
  type ProduceContext,
} from '../core/index.js';
import { retry, type RetryOptions, type RetryWait } from './retry.js';

const stream = { environment: 'default', contract: 'orders' };

function scene(options: RetryOptions = {}, past = 0) {
  const stopping = new AbortController();
  const lost = new AbortController();
  const waits: number[] = [];
  const attempts: number[] = [];
  const rests: string[] = [];
  const wait: RetryWait = (ms) => {
    waits.push(ms);
    rests.push('waits');
    return Promise.resolve();
  };
  const fields = { stage: 'consume', id: 'e1', type: 'placed.v1', stream, group: 'g', channel: {} as Channel };
  const context = {
    ...{ ...fields, attempt: 1 + past, failures: past, skipped: false },
    ...{ stopping: stopping.signal, signal: lost.signal, fields: { name: '"Ada Lovelace"' } },
    recordFailure: (): Promise<void> => {
      context.failures += 1;
      return Promise.resolve();
    },
    rest: async (work: () => Promise<void>): Promise<void> => {
      rests.push('rests');
      await work();
      rests.push('goes on');
    },
  };
  const middleware = retry({ jitter: 'none', wait, ...options });
  const run = (handler: (attempt: number) => unknown) =>
    middleware(context as unknown as ConsumeContext, async () => {
      attempts.push(context.attempt);
      await handler(context.attempt);
    });
  return { run, waits, attempts, rests, context, stopping, lost };
}

const failing = (error: unknown) => () => {
  throw error;
};

describe('retry', () => {
  it('runs a handler that succeeds once, without a pause', async () => {
    const { run, waits, attempts } = scene();
    await run(() => undefined);
    expect({ attempts, waits }).toEqual({ attempts: [1], waits: [] });
  });

  it('gives the first try and three more, counts them in the context, and fails with the last error', async () => {
    const { run, waits, attempts } = scene();
    const failed = run((attempt) => {
      throw new Error(`failure ${attempt}`);
    });
    await expect(failed).rejects.toThrow('failure 4');
    expect({ attempts, waits }).toEqual({ attempts: [1, 2, 3, 4], waits: [200, 400, 800] });
  });

  it('stops at the first success', async () => {
    const { run, attempts } = scene();
    await run((attempt) => {
      if (attempt < 3) throw new Error('not yet');
    });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('does not try again with attempts: 1', async () => {
    const { run, attempts } = scene({ attempts: 1 });
    await expect(run(failing(new Error('no')))).rejects.toThrow('no');
    expect(attempts).toEqual([1]);
  });

  it('does not try again what the handler calls hopeless', async () => {
    class Hopeless extends NonRetryableError {
      override readonly name = 'Hopeless';
    }
    for (const error of [new NonRetryableError('hopeless'), new Hopeless('hopeless')]) {
      const { run, attempts } = scene();
      await expect(run(failing(error))).rejects.toBe(error);
      expect(attempts).toEqual([1]);
    }
  });

  it.each<ErrorCode>([
    ...(['EB_UNDECODABLE', 'EB_VALIDATION', 'EB_FIELDS_LOST', 'EB_MALFORMED', 'EB_UNKNOWN_TYPE'] as const),
    ...(['EB_CRASHED', 'EB_PARKED', 'EB_STOPPING'] as const),
  ])('does not try again an event that can never be read: %s', async (code) => {
    const { run, attempts } = scene();
    await expect(run(failing(new BackboneError(code, 'poison')))).rejects.toMatchObject({ code });
    expect(attempts).toEqual([1]);
  });

  it('asks retryIf', async () => {
    const { run, attempts } = scene({ retryIf: (error) => (error as Error).message === 'soft' });
    await expect(run((attempt) => failing(new Error(attempt === 1 ? 'soft' : 'hard'))())).rejects.toThrow('hard');
    expect(attempts).toEqual([1, 2]);
  });

  it.each<ErrorCode>(['EB_NOT_STORED', 'EB_OUTCOME_UNKNOWN', 'EB_BACKPRESSURE'])(
    'waits for a channel that cannot store without spending an attempt: %s',
    async (code) => {
      const { run, attempts, waits } = scene({ attempts: 2, maxDelayMs: 1_000 });
      const failed = run((attempt) => failing(attempt <= 10 ? new BackboneError(code, 'away') : new Error('own'))());
      await expect(failed).rejects.toThrow('own');
      expect(attempts).toHaveLength(12);
      expect(Math.max(...waits)).toBe(1_000);
    },
  );

  it('counts what a handler has wrapped around such an error as the same, up to five causes deep', async () => {
    const wrapped = (depth: number): Error =>
      depth === 0 ? new BackboneError('EB_NOT_STORED', 'away') : new Error('wrapped', { cause: wrapped(depth - 1) });
    for (const [depth, tries] of [
      [1, 6],
      [5, 6],
      [6, 1],
    ] as const) {
      const { run, attempts } = scene({ attempts: 1 });
      const failed = run((attempt) => failing(attempt <= 5 ? wrapped(depth) : new Error('own'))());
      await expect(failed).rejects.toThrow(tries === 6 ? 'own' : 'wrapped');
      expect(attempts).toHaveLength(tries);
    }
  });

  it('survives causes that go round in a circle or cannot be read', async () => {
    const circle = new Error('circle');
    circle.cause = circle;
    const unreadable = Object.defineProperty(new Error('unreadable'), 'cause', { get: failing(new Error('no')) });
    for (const error of [circle, unreadable]) {
      const { run, attempts } = scene({ attempts: 2 });
      await expect(run(failing(error))).rejects.toBe(error);
      expect(attempts).toEqual([1, 2]);
    }
  });

  it('believes a handler that calls an error hopeless, whatever is behind it', async () => {
    const { run, attempts } = scene();
    const hopeless = new NonRetryableError('no', { cause: new BackboneError('EB_NOT_STORED', 'away') });
    await expect(run(failing(hopeless))).rejects.toBe(hopeless);
    expect(attempts).toEqual([1]);
  });

  it('counts the attempts that were spent before a restart, and goes on with their pauses', async () => {
    const { run, attempts, waits } = scene({}, 2);
    await expect(run(failing(new Error('still')))).rejects.toThrow('still');
    expect({ attempts, waits }).toEqual({ attempts: [3, 4], waits: [800] });
    const over = scene({}, 7);
    await expect(over.run(failing(new Error('still')))).rejects.toThrow('still');
    expect(over.attempts).toEqual([8]);
  });

  it('rests while it waits, and not while the handler runs', async () => {
    const { run, rests } = scene({ attempts: 2 });
    await expect(run(() => (rests.push('runs'), failing(new Error('x'))()))).rejects.toThrow('x');
    expect(rests).toEqual(['runs', 'rests', 'waits', 'goes on', 'runs']);
  });

  it('lets the event go only when the failure is told, also the last one', async () => {
    for (const attempts of [1, 2]) {
      const { run, context, stopping } = scene({ attempts });
      let told: () => void = () => undefined;
      let ended = false;
      context.recordFailure = () => {
        context.failures += 1;
        return new Promise((resolve) => (told = resolve));
      };
      stopping.abort();
      const failed = run(failing(new Error('x'))).finally(() => (ended = true));
      await new Promise(setImmediate);
      expect(ended).toBe(false);
      told();
      await expect(failed).rejects.toThrow();
    }
  });

  it('tries again what took too long, with a signal that has not fired', async () => {
    const { run, context, attempts } = scene({ attempts: 2 });
    const late = new BackboneError('EB_TIMEOUT', 'late');
    const signals = [AbortSignal.abort(late), new AbortController().signal];
    Object.defineProperty(context, 'signal', { get: () => signals[context.attempt - 1] ?? signals[1] });
    await run((attempt) => {
      if (attempt === 1) throw late;
    });
    expect(attempts).toEqual([1, 2]);
  });

  it('counts nothing when the handler gives up because the consumer stops', async () => {
    const { run, context, stopping } = scene();
    stopping.abort();
    const givenUp = new BackboneError('EB_STOPPING', 'stops');
    await expect(run(failing(givenUp))).rejects.toMatchObject({ code: 'EB_STOPPING' });
    expect(context.failures).toBe(0);
  });

  it('gives every run a number of its own, so that ids of produced events start anew', async () => {
    const { run, attempts } = scene();
    await run((attempt) => {
      if (attempt === 1) throw new BackboneError('EB_NOT_STORED', 'away');
    });
    expect(attempts).toEqual([1, 2]);
  });

  it('leaves the event to be handed out again when the consumer stops during a pause', async () => {
    const { run, attempts, stopping } = scene({
      wait: (_ms, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          stopping.abort();
        }),
    });
    const cause = new Error('first');
    await expect(run(failing(cause))).rejects.toMatchObject({ code: 'EB_STOPPING', cause });
    expect(attempts).toEqual([1]);
  });

  it('does not begin a pause when the consumer stops already', async () => {
    const { run, attempts, stopping } = scene({ wait: undefined, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 });
    stopping.abort();
    await expect(run(failing(new Error('x')))).rejects.toMatchObject({ code: 'EB_STOPPING' });
    expect(attempts).toEqual([1]);
  });

  it('still sets aside a last failure while the consumer stops', async () => {
    const { run, stopping } = scene({ attempts: 1 });
    stopping.abort();
    await expect(run(failing(new Error('last')))).rejects.toThrow('last');
  });

  it('never sets aside an event that another consumer has taken over', async () => {
    const { run, attempts, lost } = scene({ attempts: 1 });
    lost.abort();
    await expect(run(failing(new NonRetryableError('aborted')))).rejects.toMatchObject({ code: 'EB_STOPPING' });
    expect(attempts).toEqual([1]);
  });

  it('does not run a handler again that skipped its event', async () => {
    const { run, attempts, context } = scene();
    const failed = run(() => {
      context.skipped = true;
      throw new Error('skipped');
    });
    await expect(failed).rejects.toThrow('skipped');
    expect(attempts).toEqual([1]);
  });

  it('really waits when nothing else is said', async () => {
    const { run, attempts } = scene({ wait: undefined, firstDelayMs: 20 });
    const start = performance.now();
    await run((attempt) => {
      if (attempt === 1) throw new Error('once');
    });
    expect(attempts).toEqual([1, 2]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(15);
  });

  it('tells of each retry, with the attempt that failed, the pause, and why without arguments', async () => {
    const heard: ConsumerDiagnostic[] = [];
    const { run, context } = scene();
    const listen = (message: unknown) => {
      if ((message as ConsumerDiagnostic).channel === context.channel) heard.push(message as ConsumerDiagnostic);
    };
    subscribe(DIAGNOSTICS.consumer, listen);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listen));
    const error = new Error('not for Ada Lovelace');
    await run((attempt) => {
      if (attempt === 1) throw error;
    });
    expect(heard).toEqual([
      expect.objectContaining({
        kind: 'retry',
        eventId: 'e1',
        type: 'placed.v1',
        group: 'g',
        attempt: 1,
        delayMs: 200,
        error,
        reason: 'not for [argument]',
      }),
    ]);
  });

  it('does not touch events on their way out', async () => {
    let runs = 0;
    const produced = retry()({ stage: 'produce' } as ProduceContext, () => {
      runs += 1;
      return Promise.reject(new Error('refused'));
    });
    await expect(produced).rejects.toThrow('refused');
    expect(runs).toBe(1);
  });

  it.each<[string, RetryOptions]>([
    ['attempts', { attempts: 0 }],
    ['attempts', { attempts: 1.5 }],
    ['firstDelayMs', { firstDelayMs: -1 }],
    ['maxDelayMs', { maxDelayMs: Number.NaN }],
    ['factor', { factor: 0.5 }],
    ['jitter', { jitter: 'some' as 'full' }],
  ])('refuses options that make no sense: %s', (name, options) => {
    expect(() => retry(options)).toThrow(new RegExp(`^EB_OPTIONS: retry\\.${name} must`));
  });
});
