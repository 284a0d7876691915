import { describe, expect, it } from 'vitest';
import { BackboneError } from './errors.js';
import { ManualAck } from './manual-ack.js';

const turn = () => new Promise(setImmediate);

function scene() {
  const tries = new AbortController();
  const stops = new AbortController();
  const rests: string[] = [];
  const ack = new ManualAck();
  const context = {
    signal: tries.signal,
    stopping: stops.signal,
    rest: async <T>(work: () => Promise<T>): Promise<T> => {
      rests.push('begins');
      try {
        return await work();
      } finally {
        rests.push('ends');
      }
    },
  };
  const ends: unknown[] = [];
  const run = (handler: () => unknown) =>
    void ack.run(handler, context).then(
      () => ends.push('done'),
      (error: unknown) => ends.push(error),
    );
  return { ack, run, ends, rests, tries, stops };
}

describe('a handler that acknowledges by itself', () => {
  it('is not done when it returns, rests until it says so, and is done then', async () => {
    const { ack, run, ends, rests } = scene();
    run(() => undefined);
    await turn();
    expect({ ends, rests }).toEqual({ ends: [], rests: ['begins'] });
    ack.ack();
    await turn();
    expect({ ends, rests }).toEqual({ ends: ['done'], rests: ['begins', 'ends'] });
  });

  it('is done when it returns if it has said so before, without a rest', async () => {
    const { ack, run, ends, rests } = scene();
    let finish: () => void = () => undefined;
    run(() => new Promise<void>((resolve) => (finish = resolve)));
    ack.ack();
    await turn();
    expect(ends).toEqual([]);
    finish();
    await turn();
    expect({ ends, rests }).toEqual({ ends: ['done'], rests: [] });
  });

  it.each<[string, (ack: ManualAck) => unknown]>([
    ['throws', () => failing()],
    ['rejects', () => Promise.reject(new Error('bad'))],
    ['says so and never returns', (ack) => (ack.fail(new Error('bad')), new Promise(() => undefined))],
    ['says so and returns', (ack) => ack.fail(new Error('bad'))],
    ['says so and rejects later', (ack) => (ack.fail(new Error('bad')), turn().then(failing))],
    ['acknowledges and throws', (ack) => (ack.ack(), failing())],
    ['says so and acknowledges', failThenAck],
  ])('fails when it %s', async (_, handler) => {
    const { ack, run, ends } = scene();
    run(() => handler(ack));
    await turn();
    await turn();
    expect(ends).toEqual([new Error('bad')]);
  });

  it('fails long after it has returned, with whatever it says', async () => {
    const { ack, run, ends } = scene();
    run(() => undefined);
    await turn();
    ack.fail(undefined);
    await turn();
    expect(ends).toEqual([undefined]);
  });

  it('is heard once', async () => {
    const { ack, run, ends } = scene();
    run(() => undefined);
    ack.ack();
    ack.fail(new Error('too late'));
    ack.ack();
    await turn();
    expect(ends).toEqual(['done']);
  });

  it('is waited for no longer when its try is over, before it has returned or after', async () => {
    for (const late of [false, true]) {
      const { run, ends, tries } = scene();
      const reason = new BackboneError('EB_TIMEOUT', 'late');
      run(() => (late ? undefined : turn()));
      if (late) await turn();
      tries.abort(reason);
      await turn();
      await turn();
      expect(ends).toEqual([reason]);
    }
  });

  it('is waited for no longer when the consumer stops, and what it says then changes nothing', async () => {
    const { ack, run, ends, stops } = scene();
    run(() => undefined);
    await turn();
    stops.abort();
    await turn();
    ack.fail(new Error('too late'));
    await turn();
    expect(ends).toEqual([expect.objectContaining({ code: 'EB_STOPPING' })]);
  });
});

function failing(): never {
  throw new Error('bad');
}

function failThenAck(ack: ManualAck): void {
  ack.fail(new Error('bad'));
  ack.ack();
}
