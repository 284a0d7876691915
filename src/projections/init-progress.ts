import type { Channel, ReadOptions } from '../core/index.js';
import { countEvents } from './count-events.js';

/** How far the making of a model is. */
export interface InitProgress {
  readonly done: number;
  /** How many there were to do when it began; absent until they are counted. */
  readonly total?: number;
  /** Events per second since it began. */
  readonly perSecond: number;
}

/** Counts what is done, and beside it what there is to do. */
export class ProgressCounter {
  done = 0;
  readonly #began = performance.now();
  readonly #onProgress: (progress: InitProgress) => void;
  #total: number | undefined;

  constructor(onProgress: (progress: InitProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** Counts what there is to do; never rejects: a bar without an end is better than no model. */
  async count(
    channel: Channel,
    what: Pick<ReadOptions, 'stream' | 'types' | 'after'>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const { events, more } = await countEvents(channel, what, Number.MAX_SAFE_INTEGER, signal);
      if (!more) this.#total = events;
    } catch {
      this.#total = undefined;
    }
  }

  add(events: number): void {
    this.done += events;
    const seconds = Math.max((performance.now() - this.#began) / 1_000, 0.001);
    const total = this.#total === undefined ? undefined : Math.max(this.#total, this.done);
    this.#onProgress({ done: this.done, total, perSecond: Math.round(this.done / seconds) });
  }
}
