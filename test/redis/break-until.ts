import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { FaultProxy } from './fault-proxy.js';

/** How connections break. */
export interface Breaking {
  readonly chance?: (from: number, to: number) => number;
  /** So many bytes get through at least; by default more than it takes to connect. */
  readonly leastBytes?: number;
}

/** Breaks connections at random moments and after random bytes of either direction, until that was often enough. */
export function breakUntil(
  proxy: FaultProxy,
  isEnough: (times: number) => boolean,
  { chance = randomInt, leastBytes = 6_000 }: Breaking = {},
): { readonly isOver: () => boolean; readonly over: Promise<void> } {
  let isOver = false;
  onTestFinished(() => void (isOver = true));
  const breaking = async () => {
    for (let times = 0; !isOver && !isEnough(times); times += 1) {
      // Where in their work the others are then is left to chance.
      await sleep(chance(40, 100));
      if (times % 3 === 0) proxy.cut();
      else void proxy.cutAfter(times % 3 === 1 ? 'replies' : 'requests', chance(leastBytes, 30_000));
    }
    proxy.pass();
    isOver = true;
  };
  return { isOver: () => isOver, over: breaking() };
}
