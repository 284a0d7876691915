import type { Database } from './database.js';
import { rowsOf } from './queryable.js';
import type { TableNames } from './table-names.js';

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

interface Sample {
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
 * the transactions that hold the lock of appenders. Once none of those holds it any more, that position is safe.
 */
export class SafeMark {
  readonly #database: Pick<Database, 'often'>;
  readonly #sql: string;
  #pairs: Pair[] = [];
  #safe = 0n;
  #running: Promise<Mark> | undefined;
  #next: Promise<Mark> | undefined;

  constructor(database: Pick<Database, 'often'>, t: TableNames) {
    this.#database = database;
    this.#sql = `SELECT last::text, holders, pids FROM ${t.sample}()`;
  }

  /** The mark as it is now: a sample that began before the call is not enough. */
  now(): Promise<Mark> {
    if (!this.#running) return this.#start();
    const join = () => {
      this.#next = undefined;
      return this.#start();
    };
    return (this.#next ??= this.#running.then(join, join));
  }

  #start(): Promise<Mark> {
    return (this.#running = this.#sample().finally(() => (this.#running = undefined)));
  }

  async #sample(): Promise<Mark> {
    const [sample] = await rowsOf<Sample>(this.#database.often, this.#sql, []);
    const { last = '0', holders = [], pids = [] } = sample ?? {};
    return this.add(BigInt(last), holders, pids);
  }

  /** Takes a sample into account. */
  add(last: bigint, holders: readonly string[], pids: readonly number[] = []): Mark {
    // A server that has gone back knows nothing of what was safe before.
    if (last < this.#safe) {
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
