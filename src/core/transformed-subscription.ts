import type { Channel } from './channel.js';
import type { Batch, Delivery, Settlement } from './delivery.js';
import type { SubscribeOptions, Subscription } from './subscription.js';
import type { RestoredFields } from './restored-fields.js';

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** A subscription whose deliveries have their fields restored; they stay the channel's own, so that it can settle them. */
export class TransformedSubscription implements Subscription {
  readonly #inner: Subscription;
  readonly #options: SubscribeOptions;
  readonly #restored: RestoredFields;
  readonly #left = new AbortController();
  /** What nobody has seen yet. */
  readonly #restoring = new Set<Delivery>();

  constructor(channel: Channel, options: SubscribeOptions, restored: RestoredFields) {
    this.#options = options;
    this.#restored = restored;
    this.#inner = channel.subscribe({ ...options, onLost: (lost) => this.#lose(lost) });
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch, undefined> {
    const iterator: AsyncIterator<Batch, unknown> = this.#inner[Symbol.asyncIterator]();
    return {
      next: () => this.#next(iterator),
      return: async () => {
        this.#left.abort();
        await iterator.return?.();
        return DONE;
      },
    };
  }

  settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    return this.#inner.settle(settlements);
  }

  record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    return this.#inner.record(deliveries, what);
  }

  close(): Promise<void> {
    this.#left.abort();
    return this.#inner.close();
  }

  async #next(iterator: AsyncIterator<Batch, unknown>): Promise<IteratorResult<Batch, undefined>> {
    const { signal } = this.#left;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return DONE;
      const { deliveries, caughtUp } = next.value;
      for (const delivery of deliveries) this.#restoring.add(delivery);
      // What was read and is not handed out comes to others when the subscription is closed.
      const { stream, group } = this.#options;
      if (!(await this.#restored.restoreUntil(signal, deliveries, { stream, group }))) return DONE;
      const left = deliveries.filter((delivery) => this.#restoring.delete(delivery));
      if (left.length > 0 || caughtUp) return { done: false, value: { deliveries: left, caughtUp } };
    }
  }

  /** Those that nobody has seen are not handed out; they were not lost to anybody. */
  #lose(lost: readonly Delivery[]): void {
    const seen = lost.filter((delivery) => !this.#restoring.delete(delivery));
    if (seen.length > 0) this.#options.onLost?.(seen);
  }
}
