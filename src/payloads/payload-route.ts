import type { ContractClass } from '../core/index.js';

/**
 * Says which fields are kept in a payload store and not in the channel. What it leaves open is not asked: a route that
 * has `to` only takes every field of every event.
 *
 * A payload is put before its event is appended. Where the append fails, the payload stays behind and nobody finds it; the
 * same holds for what is trimmed from the channel. Give routes a `ttlMs` that outlives the events, so that it goes by itself.
 */
export interface PayloadRoute {
  /** A contract, or its name. */
  readonly contract?: ContractClass | string;
  /** The name of an event's method in the contract, or an event's type: `packing`, `packing.v2`. */
  readonly event?: string;
  /** The fields that hold personal data, or just these: an argument's name, that of a segment (`user.contact`). */
  readonly fields?: 'all' | 'personal' | readonly string[];
  /** Only what is larger, encoded. */
  readonly aboveBytes?: number;
  /** The store that keeps it. Of several, all keep it: they are read in this order, and the first that has it answers. */
  readonly to: string | readonly string[];
  /** How long it is kept, in all stores or in each one; a value that is over in all of them is lost. For ever when absent. */
  readonly ttlMs?: number | Readonly<Record<string, number>>;
}
