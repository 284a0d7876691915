/** Asks something that costs a server work: not more often than it is told, once at a time, and waits so long and no longer. */
export class SharedPoll<T> {
  readonly #ask: () => Promise<T>;
  readonly #freshMs: number;
  readonly #patienceMs: number;
  #answer: { readonly value: T; readonly at: number } | undefined;
  #asking: Promise<T> | undefined;

  constructor(
    ask: () => Promise<T>,
    { freshMs, patienceMs }: { readonly freshMs: number; readonly patienceMs: number },
  ) {
    this.#ask = ask;
    this.#freshMs = freshMs;
    this.#patienceMs = patienceMs;
  }

  /** Returns the last answer while it is fresh, and otherwise a new one; nothing when there is none in time. */
  async latest(): Promise<T | undefined> {
    const { value, at } = this.#answer ?? {};
    if (at !== undefined && performance.now() - at < this.#freshMs) return value;
    // Whoever comes while somebody waits waits for the same answer.
    this.#asking ??= this.#asked();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), this.#patienceMs)));
    try {
      return await Promise.race([this.#asking, late]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #asked(): Promise<T> {
    try {
      const value = await this.#ask();
      this.#answer = { value, at: performance.now() };
      return value;
    } finally {
      this.#asking = undefined;
    }
  }
}
