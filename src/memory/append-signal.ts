/** Wakes those who wait for the next append. */
export class AppendSignal {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next call of `notify`, or when the signal fires. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.#waiting.add(end);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }

  notify(): void {
    for (const end of this.#waiting) end();
  }
}
