import { BackboneError } from './errors.js';
import { checkedName } from './names.js';

/** Names one stored field: the event and the field's name. */
export interface PayloadKey {
  readonly eventId: string;
  readonly field: string;
}

/** How fields are to be put. */
export interface PutOptions {
  /** Leave a value that is there already as it is. */
  readonly ifAbsent?: boolean;
  /** Drop the value after this time: a whole number from 1. Without it the value stays, whatever it was put with before. */
  readonly ttlMs?: number;
}

/**
 * Keeps encoded arguments outside the channel: all of them, the personal ones, or the large ones. Every method refuses
 * ids and fields that are no names with `EB_NAME`, and anything at all after `close` with `EB_CLOSED`.
 */
export interface PayloadStore {
  /** Puts values in their order; those of one event together. Putting the same again is safe. */
  put(entries: readonly (PayloadKey & { readonly value: Uint8Array })[], options?: PutOptions): Promise<void>;
  /** One value for each key, in order; `undefined` where there is none. */
  get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Removes values for good; returns how many were there. */
  erase(keys: readonly PayloadKey[]): Promise<number>;
  /** The keys of an event's stored fields. */
  list(eventId: string): Promise<readonly PayloadKey[]>;
  /** Frees what the store itself opened. Idempotent. */
  close(): Promise<void>;
}

/**
 * Refuses a key whose parts are no names; for stores.
 *
 * @throws BackboneError `EB_NAME`
 */
export function checkPayloadKey({ eventId, field }: PayloadKey): void {
  checkedName('event id', eventId);
  checkedName('field name', field);
}

/**
 * Refuses a time to live that is no whole number from 1; for stores.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkPutOptions({ ttlMs }: PutOptions): void {
  if (ttlMs === undefined || (Number.isSafeInteger(ttlMs) && ttlMs >= 1)) return;
  const message = `ttlMs must be a whole number from 1, got ${String(ttlMs)}; nothing was stored`;
  throw new BackboneError('EB_ARGUMENT', message, { details: { path: 'ttlMs' } });
}
