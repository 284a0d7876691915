import { AssertionError } from 'node:assert/strict';

/** How long a promise waits for what must come. */
export class Deadline {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** Fails when the work takes longer. */
  async within<T>(work: Promise<T>, what: string | (() => string)): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const awaited = typeof what === 'string' ? what : what();
        reject(new AssertionError({ message: `waited ${this.ms} ms for ${awaited}` }));
      }, this.ms);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
