import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadline } from './deadline.js';

describe('a deadline', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function momentsOf(ms: number): Promise<readonly number[]> {
    const begun = Date.now();
    const { nearly, over } = deadline(ms);
    const moments: number[] = [];
    const both = Promise.all([
      nearly.then(() => moments.push(Date.now() - begun)),
      over.then(() => moments.push(Date.now() - begun)),
    ]);
    await vi.advanceTimersByTimeAsync(ms);
    await both;
    return moments;
  }

  it.each([
    [10_000, [9_000, 10_000]],
    [1_000, [800, 1_000]],
    [0, [0, 0]],
  ])('of %i ms keeps a part of itself for what must happen before its end', async (ms, moments) => {
    await expect(momentsOf(ms)).resolves.toEqual(moments);
  });

  it('in a far future, or without an end, does not end at once', async () => {
    for (const ms of [Infinity, 2 ** 40]) {
      const ended: string[] = [];
      const { nearly, over, cancel } = deadline(ms);
      void nearly.then(() => ended.push('nearly'));
      void over.then(() => ended.push('over'));
      await vi.advanceTimersByTimeAsync(1_000_000);
      expect(ended).toEqual([]);
      cancel();
    }
  });

  it('keeps no timer once it is cancelled', () => {
    deadline(10_000).cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
