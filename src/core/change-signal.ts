/** Wakes everybody who waits for the next change. */
export class ChangeSignal {
  #waiting: (() => void)[] = [];

  /** Resolves at the next call of `notify`. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  notify(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
