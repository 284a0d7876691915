import type { PayloadStore } from '../core/index.js';
import type { IndexEntry } from './subject-index.js';

/** An erasure that has begun. */
export interface BegunErasure {
  /** Of the person; of the event where a single one is erased. */
  readonly pseudonym: string;
  /** The data key that is to go; one that the person was given later stays. */
  readonly keyId?: string | undefined;
  /** When it began: milliseconds since 1970. */
  readonly time: number;
  /** The only event that is erased, if so. */
  readonly event?: IndexEntry;
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

  /** The erasure of this person or event that has not ended. */
  async begun(pseudonym: string): Promise<BegunErasure | undefined> {
    const [value] = await this.#store.get([{ eventId: ERASURES, field: pseudonym }]);
    return value && parsed(value);
  }

  /** Another process may have finished it meanwhile. */
  async isOpen({ pseudonym }: BegunErasure): Promise<boolean> {
    return (await this.begun(pseudonym)) !== undefined;
  }

  async open(): Promise<readonly BegunErasure[]> {
    const keys = await this.#store.list(ERASURES);
    const values = await this.#store.get(keys);
    return values.flatMap((value) => (value ? [parsed(value)] : []));
  }

  async end({ pseudonym }: BegunErasure): Promise<void> {
    await this.#store.erase([{ eventId: ERASURES, field: pseudonym }]);
  }
}

function parsed(value: Uint8Array): BegunErasure {
  return JSON.parse(Buffer.from(value).toString()) as BegunErasure;
}
