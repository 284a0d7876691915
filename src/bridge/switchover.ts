/**
 * Lets an application change the producer that it uses while it is running, with no append between the two: calls wait
 * from `hold` until `release`.
 */
export class Switchover<P extends object> {
  #producer: P;
  #underWay = 0;
  #held: Gate | undefined;
  #quiet: Gate | undefined;

  /** Begins with this producer. */
  constructor(producer: P) {
    this.#producer = producer;
  }

  /** Calls the producer of the moment; waits as long as it is held. Calls that wait go on in the order they were made. */
  async use<R>(call: (producer: P) => Promise<R>): Promise<R> {
    while (this.#held) await this.#held.opened;
    this.#underWay += 1;
    try {
      return await call(this.#producer);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#quiet?.open();
    }
  }

  /** Lets no new call begin; resolves when those under way have ended. */
  async hold(): Promise<void> {
    if (!this.#held || this.#held.isOpen) this.#close();
    if (this.#underWay === 0) return;
    this.#quiet ??= new Gate();
    await this.#quiet.opened;
    this.#quiet = undefined;
  }

  /** Lets all that wait go on, with another producer where one is given. */
  release(producer?: P): void {
    if (producer) this.#producer = producer;
    this.#held?.open();
  }

  #close(): void {
    const held = (this.#held = new Gate());
    // Not at once when it opens: a call made just then would overtake those that wait.
    void held.opened.then(() => {
      if (this.#held === held) this.#held = undefined;
    });
  }
}

class Gate {
  readonly opened: Promise<void>;
  isOpen = false;
  #open = (): void => undefined;

  constructor() {
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.isOpen = true;
    this.#open();
  }
}
