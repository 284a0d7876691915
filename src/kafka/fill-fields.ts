import { BackboneError, newFields, NO_FIELDS, type PayloadFields, type PayloadKey } from '../core/index.js';
import type { EventRead } from './event-record.js';

/**
 * Puts the fields of events that are in the payload store into their messages; what is neither there nor erased makes its
 * event malformed, and so does every one where there is no store.
 */
export async function fillFields(events: readonly EventRead[], payloads: PayloadFields | undefined): Promise<void> {
  const keys: PayloadKey[] = [];
  for (const { delivery, inStore } of events) {
    for (const field of inStore) keys.push({ eventId: delivery.message?.id ?? '', field });
  }
  if (keys.length === 0) return;
  const values = payloads ? await payloads.get(keys) : [];
  let next = 0;
  for (const { delivery, inStore, binary } of events) {
    const { message } = delivery;
    if (!message || inStore.length === 0) continue;
    const fields = newFields();
    const erased: string[] = [];
    for (const field of inStore) {
      const value = values[next];
      next += 1;
      if (value === undefined) delivery.malformed = fieldsLost(message.id);
      else if (value === 'erased') erased.push(field);
      else fields[field] = binary.includes(field) ? value : textOf(value);
    }
    // What is there already are references to other stores.
    message.fields = Object.assign(fields, message.fields);
    if (erased.length > 0) message.erased = erased;
  }
}

/** Leaves the fields of an event where they are, and says so. */
export function omitFields({ delivery }: EventRead): void {
  if (delivery.message) delivery.message.fields = NO_FIELDS;
  delivery.fieldsOmitted = true;
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

function fieldsLost(id: string): BackboneError {
  return new BackboneError(
    'EB_FIELDS_LOST',
    `arguments of event ${id} are gone from the payload store, and were not erased; was memory evicted, or is it another store?`,
  );
}
