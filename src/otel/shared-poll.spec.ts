import { describe, expect, it, vi } from 'vitest';
import { SharedPoll } from './shared-poll.js';

const LONG = { freshMs: 3_600_000, patienceMs: 3_600_000 };

describe('a shared poll', () => {
  it('asks once for all who want to know while its answer is fresh', async () => {
    const ask = vi.fn(() => Promise.resolve('well'));
    const poll = new SharedPoll(ask, LONG);
    expect(await Promise.all([poll.latest(), poll.latest()])).toEqual(['well', 'well']);
    expect(await poll.latest()).toBe('well');
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('asks again when its answer is old', async () => {
    const ask = vi.fn(() => Promise.resolve('well'));
    const poll = new SharedPoll(ask, { ...LONG, freshMs: 0 });
    await poll.latest();
    await poll.latest();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('waits no longer than it is told, and does not ask again before it has an answer', async () => {
    let answer: (text: string) => void = () => undefined;
    const ask = vi.fn(() => new Promise<string>((resolve) => (answer = resolve)));
    const poll = new SharedPoll(ask, { ...LONG, patienceMs: 1 });
    expect(await poll.latest()).toBeUndefined();
    expect(await poll.latest()).toBeUndefined();
    expect(ask).toHaveBeenCalledTimes(1);
    answer('late');
    await vi.waitFor(async () => expect(await poll.latest()).toBe('late'));
  });

  it('has no answer after a failure, and asks again', async () => {
    const ask = vi.fn(() => Promise.reject(new Error('away')));
    const poll = new SharedPoll<string>(ask, LONG);
    expect(await poll.latest()).toBeUndefined();
    expect(await poll.latest()).toBeUndefined();
    expect(ask).toHaveBeenCalledTimes(2);
  });
});
