import { setTimeout as sleep } from 'node:timers/promises';

// No timer waits for less.
const SHORTEST_REST_MS = 1;
// A server that stood still for long is no busier than others.
const LONGEST_REST_MS = 50;

/**
 * Leaves others half of the time of a server and of this process: whoever has much to do does it in slices, and rests
 * between them as long as they took. Where much else is going on slices take longer, and so do the rests.
 */
export class Pace {
  readonly #now: () => number;
  #since: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  /** Called after each slice. */
  async rest(): Promise<void> {
    const workedMs = this.#now() - this.#since;
    if (workedMs < SHORTEST_REST_MS) return;
    await sleep(Math.min(workedMs, LONGEST_REST_MS));
    this.#since = this.#now();
  }
}
