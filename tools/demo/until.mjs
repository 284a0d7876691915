import { setTimeout as wait } from 'node:timers/promises';

/**
 * Asks again and again, until the answer is not `undefined`, and resolves to it.
 *
 * @template T
 * @param {() => Promise<T | undefined>} ask what it rejects with ends the waiting
 * @param {{ timeoutMs: number, everyMs?: number, signal?: AbortSignal, what: () => string }} options `what` says, once
 *   the time is over, what was waited for and how far it came
 * @returns {Promise<T>}
 */
export async function until(ask, { timeoutMs, everyMs = 50, signal, what }) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs / 1000} s ${what()}`);
    await wait(everyMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
