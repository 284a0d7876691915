import { AssertionError } from 'node:assert/strict';
import { describeError, type ReadEvent, type ReadOptions } from '../../core/index.js';
import type { Scene } from './scene.js';

/** Follows the stream of a scene and keeps what comes. */
export class Follower {
  readonly events: ReadEvent[] = [];
  /** How many events had come when the last empty batch did. */
  eventsBeforeCaughtUp = 0;
  #emptyBatches = 0;
  readonly #scene: Scene;
  readonly #signal = new AbortController();
  readonly #ended: Promise<void>;
  #failure: unknown;

  constructor(scene: Scene, options: Partial<ReadOptions> = {}) {
    this.#scene = scene;
    this.#ended = this.#follow({ stream: scene.stream, follow: this.#signal.signal, ...options });
    this.#ended.catch((error: unknown) => (this.#failure = error));
  }

  /** Waits until this many events have come. */
  until(count: number): Promise<void> {
    return this.#until(() => this.events.length >= count, `${count} events`);
  }

  /** Waits until this many empty batches have come. */
  caughtUp(count: number): Promise<void> {
    return this.#until(() => this.#emptyBatches >= count, `${count} empty batches`);
  }

  /** Fires the signal and waits for the end. */
  async stop(): Promise<void> {
    this.#signal.abort();
    await this.#scene.deadline.within(this.#ended, 'a read that follows to end');
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    try {
      await this.#scene.until(() => this.#failure !== undefined || isSo(), `${what} of a read that follows`);
    } catch (error) {
      this.#signal.abort();
      throw error;
    }
    if (this.#failure === undefined) return;
    throw new AssertionError({ message: `a read that follows failed: ${describeError(this.#failure)}` });
  }

  async #follow(options: ReadOptions): Promise<void> {
    for await (const batch of this.#scene.channel.read(options)) {
      this.events.push(...batch);
      if (batch.length > 0) continue;
      this.#emptyBatches += 1;
      this.eventsBeforeCaughtUp = this.events.length;
    }
  }
}
