/** A record that was opened. */
export interface OpenRecord {
  readonly offset: bigint;
  isSettled: boolean;
}

/**
 * How far a partition is settled without a gap: records are opened in order and settled in any order, and nothing behind
 * one that is still open may be committed. Offsets may have holes, as compacted and transactional topics have.
 */
export class SettledPrefix {
  readonly #open: OpenRecord[] = [];
  #head = 0;
  readonly #begin: bigint;
  #newest: bigint | undefined;

  /** `begin` is the first offset that may be opened. */
  constructor(begin: bigint) {
    this.#begin = begin;
  }

  /** Behind the newest record that was opened. */
  get next(): bigint {
    return this.#newest === undefined ? this.#begin : this.#newest + 1n;
  }

  /** What may be committed: everything before it is settled. */
  get committable(): bigint {
    return this.#open[this.#head]?.offset ?? this.next;
  }

  open(offset: bigint): OpenRecord {
    const opened = { offset, isSettled: false };
    this.#open.push(opened);
    this.#newest = offset;
    return opened;
  }

  settle(opened: OpenRecord): void {
    opened.isSettled = true;
    while (this.#open[this.#head]?.isSettled === true) this.#head += 1;
    // Cut now and then only: moving the rest of a long list for each offset would cost more than it frees.
    if (this.#head < 1_000) return;
    this.#open.splice(0, this.#head);
    this.#head = 0;
  }
}
