import type { FieldValue, Message } from './message.js';
import { isName } from './names.js';
import type { PayloadKey, PayloadStore } from './payload-store.js';

/** Stands in the place of an erased value, so that neither a reader nor a repeated append takes it for lost. */
const ERASED = Buffer.from('\0nest-event-backbone:erased\0');
/** Which fields of an event are personal. Fields that are put here never begin with a dot. */
const PERSONAL = '.personal';
// Values are looked at to know whether they are there, and they may be large.
const EVENTS_AT_A_TIME = 100;

/** What is put of an event: its fields, but for references, and the names of those that are personal. */
export type EventFields = Pick<Message, 'id' | 'fields' | 'personal'>;

/** The fields of events in a payload store, with a mark in the place of what was erased. */
export class PayloadFields {
  readonly #store: PayloadStore;

  constructor(store: PayloadStore) {
    this.#store = store;
  }

  /** Stores the fields of events; an event that is stored already keeps what it has. */
  async put(events: readonly EventFields[], ttlMs?: number): Promise<void> {
    const entries = events.flatMap(entriesOf);
    if (entries.length > 0) await this.#store.put(entries, { ifAbsent: true, ...(ttlMs !== undefined && { ttlMs }) });
  }

  /** One value for each key, in order: `'erased'` for what was erased, `undefined` for what is not there. */
  async get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | 'erased' | undefined)[]> {
    if (keys.length === 0) return [];
    const values = await this.#store.get(keys);
    return values.map((value) => (isErased(value) ? 'erased' : value));
  }

  /** Finds what can be erased of events: their personal fields, or the named ones, as far as they are there. */
  async erasable(ids: readonly string[], names?: readonly string[]): Promise<readonly PayloadKey[]> {
    const distinct = [...new Set(ids)];
    const found: PayloadKey[] = [];
    for (let i = 0; i < distinct.length; i += EVENTS_AT_A_TIME) {
      const some = distinct.slice(i, i + EVENTS_AT_A_TIME);
      const keys = names ? keysOf(some, names) : await this.#personal(some);
      const values = await this.get(keys);
      found.push(...keys.filter((_, at) => values[at] instanceof Uint8Array));
    }
    return found;
  }

  /**
   * Erases fields for good, also those that are not there now: written over, not removed, since between a removal and the
   * mark a reader would find them lost.
   */
  async erase(keys: readonly PayloadKey[], ttlMs?: number): Promise<void> {
    const marks = keys.map(({ eventId, field }) => ({ eventId, field, value: ERASED }));
    if (marks.length > 0) await this.#store.put(marks, ttlMs === undefined ? {} : { ttlMs });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #personal(ids: readonly string[]): Promise<readonly PayloadKey[]> {
    const lists = await this.#store.get(keysOf(ids, [PERSONAL]));
    return ids.flatMap((id, i) =>
      keysOf(
        [id],
        Buffer.from(lists[i] ?? [])
          .toString()
          .split(',')
          .filter(isName),
      ),
    );
  }
}

function entriesOf({ id, fields, personal }: EventFields): readonly (PayloadKey & { readonly value: Uint8Array })[] {
  const entries = Object.entries(fields).flatMap(([field, value]) =>
    isInline(value) ? { eventId: id, field, value: bytesOf(value) } : [],
  );
  const index = personal.length === 0 ? [] : [{ eventId: id, field: PERSONAL, value: Buffer.from(personal.join(',')) }];
  return [...entries, ...index];
}

function keysOf(ids: readonly string[], names: readonly string[]): readonly PayloadKey[] {
  return ids.flatMap((eventId) => names.map((field) => ({ eventId, field })));
}

function isInline(value: FieldValue): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value);
}

function isErased(value: Uint8Array | undefined): boolean {
  return value !== undefined && ERASED.equals(value);
}
