/** Work that waits for its turn. At most one piece of a lane runs at a time. */
interface Lane<T> {
  readonly key: string;
  readonly waiting: T[];
}

/** Runs work of one key one after another, and of different keys side by side up to a limit. */
export class Lanes<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  readonly #ready: Lane<T>[] = [];
  #running = 0;

  /** `run` must not reject: it settles what it is given in its own way. */
  constructor(
    private readonly concurrency: number,
    private readonly run: (work: T) => Promise<void>,
  ) {}

  push(key: string, work: T): void {
    const known = this.#lanes.get(key);
    if (known) {
      known.waiting.push(work);
      return;
    }
    const lane = { key, waiting: [work] };
    this.#lanes.set(key, lane);
    if (this.#running < this.concurrency) void this.#drain(lane);
    else this.#ready.push(lane);
  }

  /** Forgets what has not begun; returns how much that was. */
  clear(): number {
    let dropped = 0;
    for (const lane of this.#lanes.values()) dropped += lane.waiting.splice(0).length;
    return dropped;
  }

  async #drain(first: Lane<T>): Promise<void> {
    this.#running += 1;
    for (let lane: Lane<T> | undefined = first; lane; lane = this.#ready.shift()) {
      const work = lane.waiting.shift();
      if (work !== undefined) await this.run(work);
      // Behind the others: a key that never rests must not keep them waiting.
      if (lane.waiting.length > 0) this.#ready.push(lane);
      else this.#lanes.delete(lane.key);
    }
    this.#running -= 1;
  }
}
