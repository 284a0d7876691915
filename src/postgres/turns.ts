/** Lets one piece of work run after the other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs when all that was given before is over. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
