import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultProxy } from './fault-proxy.js';

/** Breaks connections at random moments and after random bytes of either direction; returns how often. */
export async function breakUntil(proxy: FaultProxy, until: number): Promise<number> {
  let times = 0;
  for (; Date.now() < until; times += 1) {
    await sleep(randomInt(40, 100));
    if (times % 3 === 0) proxy.cut();
    // More than it takes to connect.
    else void proxy.cutAfter(times % 3 === 1 ? 'replies' : 'requests', randomInt(6_000, 30_000));
  }
  proxy.pass();
  return times;
}
