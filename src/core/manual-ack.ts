import { BackboneError } from './errors.js';
import type { ConsumeContext } from './middleware.js';

/** How one try of a handler ends that says itself when its event is done. The first word counts. */
export class ManualAck {
  #said = false;
  #acked = false;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  /** Resolves once the event was acknowledged, rejects with what it failed with. */
  readonly #outcome = new Promise<void>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor() {
    // Whoever waits for it is told; when nobody does, that is no unhandled rejection.
    this.#outcome.catch(() => undefined);
  }

  ack(): void {
    this.#acked ||= !this.#said;
    this.#said = true;
    this.#resolve();
  }

  fail(error: unknown): void {
    this.#said = true;
    this.#reject(error);
  }

  /**
   * Runs the handler, and once it has returned without a word waits for one, until the try is over or the consumer stops.
   * Rejects as soon as the handler throws or its event was failed.
   */
  async run(handler: () => unknown, context: Pick<ConsumeContext, 'rest' | 'signal' | 'stopping'>): Promise<void> {
    // Now: a later try has a signal of its own.
    const { signal, stopping } = context;
    const returned = returnOf(handler);
    await Promise.race([returned, this.#outcome.then(() => returned)]);
    if (this.#acked) return;
    signal.throwIfAborted();
    await context.rest(() => this.#outcomeBefore(signal, stopping));
  }

  async #outcomeBefore(signal: AbortSignal, stopping: AbortSignal): Promise<void> {
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    for (const each of [signal, stopping]) {
      if (each.aborted) leave();
      each.addEventListener('abort', leave);
    }
    try {
      await Promise.race([this.#outcome, left.then(() => this.#giveUp(signal))]);
    } finally {
      for (const each of [signal, stopping]) each.removeEventListener('abort', leave);
    }
  }

  #giveUp(signal: AbortSignal): never {
    signal.throwIfAborted();
    throw new BackboneError('EB_STOPPING', 'the consumer stopped before ack(); the event will be handed out again');
  }
}

/** What is thrown at once is a rejection, too. */
async function returnOf(handler: () => unknown): Promise<void> {
  await handler();
}
