import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { BackboneError, type PayloadKey } from '../core/index.js';

/** One value as it lies in the table. */
export type PayloadItem = Record<string, AttributeValue>;

/**
 * The names of an item's attributes. DynamoDB removes an item some time after `expires`, which is in seconds; `until`, in
 * milliseconds, decides what is read.
 */
export const ATTRIBUTES = Object.freeze({
  event: 'event_id',
  field: 'field',
  value: 'value',
  expires: 'expires_at',
  until: 'until_ms',
});

const MAX_ITEM_BYTES = 400 * 1024;
// What names and the longest numbers take.
const OTHER_BYTES = Object.values(ATTRIBUTES).join('').length + 2 * 21;

/** Makes the key of an item. */
export function itemKey({ eventId, field }: PayloadKey): PayloadItem {
  return { [ATTRIBUTES.event]: { S: eventId }, [ATTRIBUTES.field]: { S: field } };
}

/**
 * Makes the item of a value.
 *
 * @throws BackboneError `EB_TOO_LARGE` when it would not fit into one.
 */
export function itemOf(key: PayloadKey, value: Uint8Array, until: number | undefined): PayloadItem {
  const limit = MAX_ITEM_BYTES - OTHER_BYTES - key.eventId.length - key.field.length;
  if (value.byteLength > limit) {
    throw new BackboneError(
      'EB_TOO_LARGE',
      `the field "${key.field}" is ${value.byteLength} bytes, and DynamoDB takes ${limit}; nothing was stored, keep it elsewhere`,
      { details: { path: key.field, size: value.byteLength, limit } },
    );
  }
  return {
    ...itemKey(key),
    // Not every server takes an empty one.
    ...(value.byteLength > 0 && { [ATTRIBUTES.value]: { B: value } }),
    ...(until !== undefined && {
      [ATTRIBUTES.expires]: { N: String(Math.ceil(until / 1_000)) },
      [ATTRIBUTES.until]: { N: String(until) },
    }),
  };
}

/** Reads the field that an item holds; nothing when its time is over. */
export function fieldOf(item: PayloadItem): string | undefined {
  const until = item[ATTRIBUTES.until]?.N;
  return until !== undefined && Number(until) <= Date.now() ? undefined : item[ATTRIBUTES.field]?.S;
}

/** Reads the value of an item. */
export function valueOf(item: PayloadItem): Uint8Array {
  return item[ATTRIBUTES.value]?.B ?? new Uint8Array();
}
