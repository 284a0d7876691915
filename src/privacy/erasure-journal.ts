import type { PayloadStore } from '../core/index.js';

/** An erasure that has begun. */
export interface BegunErasure {
  readonly pseudonym: string;
  /** The data key that is to go; one that the person was given later stays. */
  readonly keyId?: string | undefined;
  /** When it began: milliseconds since 1970. */
  readonly time: number;
}

const ERASURES = 'erasures';

/** Remembers which erasures have begun and not ended, so that one that was cut off is finished. */
export class ErasureJournal {
  readonly #store: PayloadStore;

  constructor(store: PayloadStore) {
    this.#store = store;
  }

  async begin(erasure: BegunErasure): Promise<void> {
    const value = Buffer.from(JSON.stringify(erasure));
    await this.#store.put([{ eventId: ERASURES, field: erasure.pseudonym, value }]);
  }

  /** Another process may have finished it meanwhile. */
  async isOpen({ pseudonym }: BegunErasure): Promise<boolean> {
    const [value] = await this.#store.get([{ eventId: ERASURES, field: pseudonym }]);
    return value !== undefined;
  }

  async open(): Promise<readonly BegunErasure[]> {
    const keys = await this.#store.list(ERASURES);
    const values = await this.#store.get(keys);
    return values.flatMap((value) => (value ? [JSON.parse(Buffer.from(value).toString()) as BegunErasure] : []));
  }

  async end({ pseudonym }: BegunErasure): Promise<void> {
    await this.#store.erase([{ eventId: ERASURES, field: pseudonym }]);
  }
}
