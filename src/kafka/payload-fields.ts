import {
  BackboneError,
  newFields,
  NO_FIELDS,
  type Fields,
  type FieldValue,
  type Message,
  type PayloadKey,
  type PayloadStore,
} from '../core/index.js';
import type { EventRead } from './event-record.js';

/** Stands in the place of an erased value, so that neither a reader nor a repeated append takes it for lost. */
const ERASED = Buffer.from('\0nest-event-backbone:erased\0');
/** Which fields of an event are personal. Fields of events never begin with a dot here. */
const PERSONAL = '.personal';

/** The fields of events in a payload store. */
export class PayloadFields {
  readonly #store: PayloadStore;

  constructor(store: PayloadStore) {
    this.#store = store;
  }

  /** Stores the fields of events; an event that is stored already keeps what it has. */
  async put(messages: readonly Message[], ttlMs: number | undefined): Promise<void> {
    const entries = messages.flatMap((message) => entriesOf(message));
    if (entries.length > 0) await this.#store.put(entries, { ifAbsent: true, ...(ttlMs !== undefined && { ttlMs }) });
  }

  /** Puts the fields of events into their messages; what is neither there nor erased makes its event malformed. */
  async fill(events: readonly EventRead[]): Promise<void> {
    const keys = events.flatMap(({ delivery, inStore }) =>
      inStore.map((field) => ({ eventId: delivery.message?.id ?? '', field })),
    );
    if (keys.length === 0) return;
    const values = await this.#store.get(keys);
    let next = 0;
    for (const { delivery, inStore, binary } of events) {
      const { message } = delivery;
      if (!message || inStore.length === 0) continue;
      const fields = newFields();
      for (const field of inStore) {
        const value = values[next];
        next += 1;
        if (value === undefined) delivery.malformed = fieldsLost(message.id);
        else if (!isErased(value)) fields[field] = binary.includes(field) ? value : textOf(value);
      }
      message.fields = fields;
    }
  }

  /** Erases the personal fields of events, or the named ones; returns how many events had something to erase. */
  async erase(
    ids: readonly string[],
    names: readonly string[] | undefined,
    ttlMs: number | undefined,
  ): Promise<number> {
    let touched = 0;
    for (const eventId of new Set(ids)) {
      const known = names ?? (await this.#personalOf(eventId));
      const keys = known.map((field) => ({ eventId, field }));
      const values = keys.length === 0 ? [] : await this.#store.get(keys);
      const there = keys.filter((_, i) => values[i] !== undefined && !isErased(values[i]));
      if (there.length === 0) continue;
      // Written over, not removed: between a removal and the mark a reader would find it lost.
      const marks = there.map((key) => ({ ...key, value: ERASED }));
      await this.#store.put(marks, ttlMs === undefined ? {} : { ttlMs });
      touched += 1;
    }
    return touched;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #personalOf(eventId: string): Promise<readonly string[]> {
    const [value] = await this.#store.get([{ eventId, field: PERSONAL }]);
    return value === undefined ? [] : textOf(value).split(',');
  }
}

/** For a channel that has no payload store: events whose fields are in one cannot be read. */
export function withoutStore(events: readonly EventRead[]): void {
  for (const { delivery, inStore } of events) {
    if (delivery.message && inStore.length > 0) delivery.malformed = fieldsLost(delivery.message.id);
  }
}

/** Leaves the fields of an event where they are, and says so. */
export function omitFields({ delivery }: EventRead): void {
  if (delivery.message) delivery.message.fields = NO_FIELDS;
  delivery.fieldsOmitted = true;
}

function entriesOf({ id, fields, personal }: Message): readonly (PayloadKey & { readonly value: Uint8Array })[] {
  const entries = Object.entries(fields).map(([field, value]) => ({ eventId: id, field, value: bytesOf(value) }));
  const index = personal.length === 0 ? [] : [{ eventId: id, field: PERSONAL, value: Buffer.from(personal.join(',')) }];
  return [...entries, ...index];
}

/** Refuses what a record or the payload store cannot hold. */
export function checkFields(fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith('.')) {
      throw new BackboneError('EB_ARGUMENT', 'a field on Kafka must not begin with a dot; nothing was stored');
    }
    if (typeof value === 'string' || value instanceof Uint8Array) continue;
    throw new BackboneError('EB_UNSUPPORTED', 'the Kafka channel cannot store references; nothing was stored');
  }
}

function bytesOf(value: FieldValue): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value as Uint8Array);
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

function isErased(value: Uint8Array | undefined): boolean {
  return value !== undefined && ERASED.equals(value);
}

function fieldsLost(id: string): BackboneError {
  return new BackboneError(
    'EB_FIELDS_LOST',
    `arguments of event ${id} are gone from the payload store, and were not erased; was memory evicted, or is it another store?`,
  );
}
