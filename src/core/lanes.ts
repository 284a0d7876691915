import { AsyncLocalStorage } from 'node:async_hooks';

/** Work that waits for its turn. At most one piece of a lane runs at a time. */
interface Lane<T> {
  readonly key: string;
  readonly waiting: T[];
}

/** The place that a piece of work takes up among those that run side by side. */
export interface Place {
  /** Gives the place to others while something is only waited for; the lane stays held. */
  rest<T>(wait: () => Promise<T>): Promise<T>;
}

/** Runs work of one key one after another, and of different keys side by side up to a limit. */
export class Lanes<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  /** Lanes that may begin and work that wants to go on, first come first served. */
  readonly #ready: (Lane<T> | HeldPlace)[] = [];
  /** What begins inside another piece of work's call must not inherit its ambient event. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #running = 0;
  #paused = false;

  /** `run` must not reject: it settles what it is given in its own way. */
  constructor(
    private readonly concurrency: number,
    private readonly run: (work: T, place: Place) => Promise<void>,
  ) {}

  push(key: string, work: T): void {
    const known = this.#lanes.get(key);
    if (known) {
      known.waiting.push(work);
      return;
    }
    const lane = { key, waiting: [work] };
    this.#lanes.set(key, lane);
    if (this.#running < this.concurrency && !this.#paused) {
      this.#running += 1;
      void this.#drain(lane);
    } else {
      this.#ready.push(lane);
    }
  }

  /** Whether work of this key runs or waits. */
  has(key: string): boolean {
    return this.#lanes.has(key);
  }

  /** Begins nothing any more; what runs goes on to its end. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#fill();
  }

  /** Forgets what has not begun; returns how much that was. */
  clear(): number {
    let dropped = 0;
    for (const lane of this.#lanes.values()) dropped += lane.waiting.splice(0).length;
    return dropped;
  }

  /** Holds one place until nothing is ready, or until its work has given it away for good. */
  async #drain(first: Lane<T>): Promise<void> {
    for (let lane: Lane<T> | undefined = first; lane; lane = this.#pass()) {
      const work = lane.waiting.shift();
      let kept = true;
      if (work !== undefined) {
        const place = new HeldPlace(this.#free, this.#back);
        await this.run(work, place);
        kept = place.end();
      }
      // Behind the others: a key that never rests must not keep them waiting.
      if (lane.waiting.length > 0) this.#ready.push(lane);
      else this.#lanes.delete(lane.key);
      if (!kept) {
        this.#fill();
        return;
      }
    }
  }

  /** Hands a place on: to a lane, which is returned, or to work that goes on; else it is free. */
  #pass(): Lane<T> | undefined {
    for (let next = this.#next(); next; next = this.#next()) {
      if (!(next instanceof HeldPlace)) return next;
      if (next.enter()) return undefined;
    }
    this.#running -= 1;
    return undefined;
  }

  #next(): Lane<T> | HeldPlace | undefined {
    if (!this.#paused) return this.#ready.shift();
    const at = this.#ready.findIndex((each) => each instanceof HeldPlace);
    return at < 0 ? undefined : this.#ready.splice(at, 1)[0];
  }

  #fill(): void {
    while (this.#running < this.concurrency) {
      const next = this.#next();
      if (!next) return;
      this.#running += 1;
      if (!(next instanceof HeldPlace)) this.#outside(() => void this.#drain(next));
      else if (!next.enter()) this.#running -= 1;
    }
  }

  readonly #free = (): void => {
    this.#running -= 1;
    this.#fill();
  };

  readonly #back = (place: HeldPlace): void => {
    this.#ready.push(place);
    this.#fill();
  };
}

/**
 * Held while any part of its work may run: parts that rest side by side give it away once, and the first one that goes
 * on takes it back for all.
 */
class HeldPlace implements Place {
  #held = true;
  #over = false;
  #entering: Promise<void> | undefined;
  #entered: (() => void) | undefined;

  constructor(
    private readonly free: () => void,
    private readonly back: (place: HeldPlace) => void,
  ) {}

  async rest<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#held && !this.#over) {
      this.#held = false;
      this.free();
    }
    try {
      return await wait();
    } finally {
      if (!this.#held && !this.#over) await this.#goOn();
    }
  }

  /** Takes the place again; false when the work has ended meanwhile and does not need it. */
  enter(): boolean {
    this.#held = !this.#over;
    this.#wake();
    return this.#held;
  }

  /** The work is over; returns whether it held the place to its end. */
  end(): boolean {
    this.#over = true;
    // A try that was given up may still want to go on.
    this.#wake();
    return this.#held;
  }

  #wake(): void {
    this.#entering = undefined;
    this.#entered?.();
  }

  async #goOn(): Promise<void> {
    let entering = this.#entering;
    if (!entering) {
      entering = new Promise((resolve) => (this.#entered = resolve));
      this.#entering = entering;
      this.back(this);
    }
    await entering;
  }
}
