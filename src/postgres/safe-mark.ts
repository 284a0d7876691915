/** How far a reader may go. */
export interface Mark {
  /** Below it, and at it, no event can appear any more. */
  readonly safe: bigint;
  /** The last position that was drawn. */
  readonly last: bigint;
  /** The processes of the server whose transactions are appending. */
  readonly appending: readonly number[];
  /** For how long they have kept the mark where it is. */
  readonly waitingMs: number;
}

/** A sample as the server gives it. */
export interface Sample {
  readonly last: string;
  readonly holders: readonly string[];
  readonly pids: readonly number[];
}

/** A position that was the last one, and who may still be appending at it or below. */
interface Pair {
  readonly last: bigint;
  readonly takenAt: number;
  holders: ReadonlySet<string>;
}

const MOST_PAIRS = 100;

/**
 * Finds the position below which nothing can appear any more, by sampling: first the last position that was drawn, then
 * the transactions that hold the lock of appenders. Once none of those holds it any more, that position is safe. Samples
 * are taken one after the other.
 */
export class SafeMark {
  #pairs: Pair[] = [];
  #safe = 0n;

  /** What is known before the next sample: the arguments of the server's own function for the mark. */
  get known(): readonly [safe: string, lasts: readonly string[], holders: readonly string[]] {
    const holders = this.#pairs.map((pair) => [...pair.holders].join(' '));
    return [String(this.#safe), this.#pairs.map(({ last }) => String(last)), holders];
  }

  /** Takes a sample into account. */
  add(last: bigint, holders: readonly string[], pids: readonly number[] = []): Mark {
    // A server that has gone back knows nothing of what was safe before.
    if (last < (this.#pairs.at(-1)?.last ?? this.#safe)) {
      this.#safe = 0n;
      this.#pairs = [];
    }
    const now = performance.now();
    const listed = new Set(holders);
    for (const pair of this.#pairs) pair.holders = new Set([...pair.holders].filter((holder) => listed.has(holder)));
    if (last > (this.#pairs.at(-1)?.last ?? this.#safe)) this.#pairs.push({ last, takenAt: now, holders: listed });
    // Without one of them the mark only moves in larger steps.
    if (this.#pairs.length > MOST_PAIRS) this.#pairs.splice(MOST_PAIRS - 1, 1);
    for (let [oldest] = this.#pairs; oldest?.holders.size === 0; [oldest] = this.#pairs) {
      this.#safe = oldest.last;
      this.#pairs.shift();
    }
    const [oldest] = this.#pairs;
    return { safe: this.#safe, last, appending: pids, waitingMs: oldest ? now - oldest.takenAt : 0 };
  }
}
