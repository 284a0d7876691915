import { onTestFinished, vi } from 'vitest';
import type { Channel, Delivery, Stream, SubscribeOptions, Subscription } from 'nest-event-backbone/core';

/** A consumer that writes down what it gets and settles it at once, unless told to hold on to it. */
export class Collector {
  readonly subscription: Subscription;
  readonly deliveries: Delivery[] = [];
  readonly lost: Delivery[] = [];
  /** Why reading ended, if it failed. */
  error: unknown;
  readonly #holds: boolean;

  constructor(
    channel: Channel,
    stream: Stream,
    options: Partial<SubscribeOptions> & { readonly holds?: boolean } = {},
  ) {
    const { holds = false, ...more } = options;
    this.#holds = holds;
    const onLost = (lost: readonly Delivery[]) => void this.lost.push(...lost);
    this.subscription = channel.subscribe({ stream, group: 'group', onLost, ...more });
    onTestFinished(() => this.subscription.close());
    void this.#read();
  }

  get ids(): readonly string[] {
    return this.deliveries.map(({ message }) => message?.id ?? 'malformed');
  }

  /** Waits until so many have come. */
  async until(count: number, timeout = 15_000): Promise<readonly Delivery[]> {
    await vi.waitUntil(() => this.deliveries.length >= count || this.error !== undefined, { timeout, interval: 10 });
    return this.deliveries;
  }

  settle(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    return this.subscription.settle(deliveries.map((delivery) => ({ delivery })));
  }

  async #read(): Promise<void> {
    try {
      for await (const { deliveries } of this.subscription) {
        this.deliveries.push(...deliveries);
        if (!this.#holds) await this.#settleAll(deliveries);
      }
    } catch (error) {
      this.error = error;
    }
  }

  /** As the library's consumer does: again until the server has confirmed. */
  async #settleAll(deliveries: readonly Delivery[]): Promise<void> {
    for (;;) {
      try {
        await this.settle(deliveries);
        return;
      } catch (error) {
        if (String(error).includes('EB_CLOSED')) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
