import {
  BackboneError,
  checkedName,
  checkPayloadKey,
  checkPutOptions,
  type PayloadKey,
  type PayloadStore,
  type PutOptions,
} from '../core/index.js';

/** How a payload store inside the process behaves. */
export interface MemoryPayloadStoreOptions {
  /** Gives the time in milliseconds; for tests that need no real time. */
  readonly now?: () => number;
}

/** Makes a payload store inside the process: for tests and for a first look, and gone with the process. */
export function memoryPayloadStore(options: MemoryPayloadStoreOptions = {}): PayloadStore {
  return new MemoryPayloadStore(options.now ?? Date.now);
}

interface StoredValue {
  readonly value: Uint8Array;
  readonly expiresAt: number;
}

const FIRST_SWEEP = 1_000;

class MemoryPayloadStore implements PayloadStore {
  readonly #now: () => number;
  readonly #events = new Map<string, Map<string, StoredValue>>();
  #sweepAt = FIRST_SWEEP;
  #closed = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  put(entries: readonly (PayloadKey & { readonly value: Uint8Array })[], options: PutOptions = {}): Promise<void> {
    return this.#open(() => {
      checkPutOptions(options);
      entries.forEach(checkPayloadKey);
      const expiresAt = this.#now() + (options.ttlMs ?? Infinity);
      for (const { eventId, field, value } of entries) {
        const fields = this.#fieldsOf(eventId);
        if (options.ifAbsent === true && fields.has(field)) continue;
        fields.set(field, { value: Uint8Array.from(value), expiresAt });
        this.#events.set(eventId, fields);
      }
      this.#sweep();
    });
  }

  get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#open(() => {
      keys.forEach(checkPayloadKey);
      return keys.map(({ eventId, field }) => this.#fieldsOf(eventId).get(field)?.value.slice());
    });
  }

  erase(keys: readonly PayloadKey[]): Promise<number> {
    return this.#open(() => {
      keys.forEach(checkPayloadKey);
      const erased = keys.filter(({ eventId, field }) => this.#fieldsOf(eventId).delete(field));
      for (const { eventId } of erased) this.#fieldsOf(eventId);
      return erased.length;
    });
  }

  list(eventId: string): Promise<readonly PayloadKey[]> {
    return this.#open(() => {
      checkedName('event id', eventId);
      return [...this.#fieldsOf(eventId).keys()].map((field) => ({ eventId, field }));
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#events.clear();
    return Promise.resolve();
  }

  /** What is thrown rejects, as with a store that has a server. */
  async #open<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the payload store is closed');
    return work();
  }

  /** The fields whose time is not over; an event that has none is forgotten. */
  #fieldsOf(eventId: string): Map<string, StoredValue> {
    const fields = this.#events.get(eventId);
    if (!fields) return new Map();
    const now = this.#now();
    for (const [field, { expiresAt }] of fields) if (expiresAt <= now) fields.delete(field);
    if (fields.size === 0) this.#events.delete(eventId);
    return fields;
  }

  /** Nobody may ever ask again for what is over: look through all whenever there are twice as many. */
  #sweep(): void {
    if (this.#events.size < this.#sweepAt) return;
    for (const eventId of [...this.#events.keys()]) this.#fieldsOf(eventId);
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#events.size * 2);
  }
}
