import { AssertionError } from 'node:assert/strict';
import type { Batch, Delivery, Message, Settlement, Subscription } from '../../core/index.js';
import type { Deadline } from './deadline.js';
import { idsOf } from './expectations.js';

/** A consumer that takes what it is told to take, and not more. */
export class Listener {
  readonly subscription: Subscription;
  /** Every batch so far. */
  readonly batches: Batch[] = [];
  readonly #deadline: Deadline;
  #iterator: AsyncIterator<Batch> | undefined;
  #waiting: Delivery[] = [];

  constructor(subscription: Subscription, deadline: Deadline) {
    this.subscription = subscription;
    this.#deadline = deadline;
  }

  /** The next deliveries, exactly so many. */
  take(count: number): Promise<readonly Delivery[]> {
    return this.#read((taken) => taken.length === count, `${count} deliveries`);
  }

  /** The next deliveries up to and with that of a message. */
  takeUntil(last: Message): Promise<readonly Delivery[]> {
    return this.#read((taken) => taken.at(-1)?.message?.id === last.id, 'the delivery of the last event');
  }

  /** The next deliveries until each of the messages has come at least once. */
  takeAll(messages: readonly Message[]): Promise<readonly Delivery[]> {
    const missing = new Set(idsOf(messages));
    return this.#read((taken) => {
      missing.delete(taken.at(-1)?.message?.id ?? '');
      return missing.size === 0;
    }, `each of ${messages.length} events`);
  }

  /** The next batch; nothing once the iteration has ended. */
  async next(): Promise<Batch | undefined> {
    this.#iterator ??= this.subscription[Symbol.asyncIterator]();
    const result = await this.#iterator.next();
    if (result.done === true) return undefined;
    this.batches.push(result.value);
    return result.value;
  }

  /** Works on whatever comes until the iteration ends. */
  async each(work: (deliveries: readonly Delivery[]) => Promise<void>): Promise<void> {
    for (let batch = await this.next(); batch; batch = await this.next()) await work(batch.deliveries);
  }

  /** Leaves the iteration, as `break` does. */
  async leave(): Promise<void> {
    await this.#iterator?.return?.();
  }

  /** Settles deliveries, as handled or with another end; returns those that were lost. */
  settle(deliveries: readonly Delivery[], end: Omit<Settlement, 'delivery'> = {}): Promise<readonly Delivery[]> {
    const settlements = deliveries.map((delivery) => ({ ...end, delivery }));
    return this.#deadline.within(this.subscription.settle(settlements), 'a settlement');
  }

  /** Has the channel remember something about deliveries. */
  record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    return this.#deadline.within(this.subscription.record(deliveries, what), 'something to be remembered');
  }

  close(): Promise<void> {
    return this.#deadline.within(this.subscription.close(), 'a subscription to close');
  }

  #read(enough: (taken: readonly Delivery[]) => boolean, what: string): Promise<readonly Delivery[]> {
    const taken: Delivery[] = [];
    const latest = Date.now() + this.#deadline.ms;
    const reading = async () => {
      for (;;) {
        for (let delivery = this.#waiting.shift(); delivery; delivery = this.#waiting.shift()) {
          taken.push(delivery);
          if (enough(taken)) return taken;
        }
        // A channel that never stops to hand out would keep the deadline's timer from firing.
        if (Date.now() > latest) throw new AssertionError({ message: `${what} did not come` });
        const batch = await this.next();
        if (!batch) throw new AssertionError({ message: `the iteration ended before ${what} came` });
        this.#waiting = [...batch.deliveries];
      }
    };
    const read = this.#deadline.within(reading(), () => `${what}, got ${taken.length} deliveries`);
    // Often awaited later, and then it still rejects; a scene that fails before must not leave it unhandled.
    read.catch(() => undefined);
    return read;
  }
}
