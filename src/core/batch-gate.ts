import type { Published } from './channel.js';

/** Holds the events of a batch until all of them are through the middleware, then appends them in one call. */
export class BatchGate {
  readonly #arrived = new Set<number>();
  readonly #published: Promise<readonly Published[]>;
  #expected = 0;
  #open: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  /** `append` appends the whole batch, in the order in which it was recorded. */
  constructor(append: () => Promise<readonly Published[]>) {
    const gate = new Promise<void>((resolve, reject) => {
      this.#open = resolve;
      this.#fail = reject;
    });
    this.#published = gate.then(append);
    // Each event that waits here is told by itself; a batch that nobody reaches must not end the process.
    this.#published.catch(() => undefined);
  }

  expect(count: number): void {
    this.#expected = count;
  }

  /** Resolves to what became of the event that was recorded as number `index`, counted from 0. */
  async arrive(index: number): Promise<Published | undefined> {
    this.#arrived.add(index);
    if (this.#arrived.size === this.#expected) this.#open();
    return (await this.#published)[index];
  }

  /** Gives the batch up, unless it was appended already. */
  refuse(error: unknown): void {
    this.#fail(error);
  }
}
