import type { Delivery, Settlement } from './delivery.js';
import type { Subscription } from './subscription.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** What a settler tells its consumer. */
export interface SettlerReports {
  /** These deliveries are over, one way or the other. */
  settled(settlements: readonly Settlement[], lost: readonly Delivery[]): void;
  /** The server did not confirm; it will be tried again. */
  failed(error: unknown): void;
}

/** Sends settlements in as few calls as possible: one at a time, and what finished meanwhile goes with the next. */
export class Settler {
  #done: Settlement[] = [];
  #flushing: Promise<void> | undefined;
  #scheduled = false;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(
    private readonly subscription: Pick<Subscription, 'settle'>,
    private readonly reports: SettlerReports,
  ) {}

  add(settlement: Settlement): void {
    this.#done.push(settlement);
    if (this.#scheduled || this.#flushing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  /** Resolves when everything added so far is confirmed, or when `close` gave up on it. */
  async flushed(): Promise<void> {
    while (!this.#closed && (this.#done.length > 0 || this.#flushing)) {
      this.#begin();
      await this.#flushing;
    }
  }

  /** Gives up: what is not confirmed yet stays pending on the server. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Only with something to do: a flush that has nothing to wait for would end before it is remembered. */
  #begin(): void {
    if (this.#done.length > 0 && !this.#closed) this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (this.#done.length > 0 && !this.#closed) {
      const settlements = this.#done;
      this.#done = [];
      try {
        const lost = await this.subscription.settle(settlements);
        pauseMs = FIRST_PAUSE_MS;
        this.reports.settled(settlements, lost);
      } catch (error) {
        this.#done = settlements.concat(this.#done);
        this.reports.failed(error);
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
    this.#flushing = undefined;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
