import type { DeliveryPast } from '../core/index.js';
import type { Database } from './database.js';
import type { HeldSlot } from './held-slot.js';
import { rowsOf } from './queryable.js';
import type { SlotOwner } from './slot-lease.js';
import type { EventRow } from './stored-event.js';
import type { TableNames } from './table-names.js';

/** What to read of the slots that a consumer holds. */
export interface SlotRead {
  readonly held: readonly HeldSlot[];
  readonly mark: bigint;
  readonly count: number;
  /** Fields of these types; of all when absent. */
  readonly types: readonly string[] | undefined;
  readonly parkKeys: boolean;
}

/** An event as it was handed out. */
export interface HandedOut {
  readonly slot: number;
  readonly row: EventRow;
  readonly deliveries: number;
  readonly past: DeliveryPast | undefined;
  /** It was set aside at once: its key is parked. */
  readonly isParked: boolean;
}

/** What came of a read. */
export interface SlotsRead {
  readonly events: readonly HandedOut[];
  /** Slots of which something was found and nothing handed out: they are somebody else's, or their keys were let go. */
  readonly refused: readonly number[];
}

interface HandedRow extends Omit<EventRow, 'position'> {
  readonly found: string;
  readonly slot: number;
  readonly handed: boolean;
  readonly position: string | null;
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
  readonly redriven: boolean;
  readonly parked: boolean;
}

/** Reads the next events of slots and marks them as handed out, in one statement. */
export class SlotReads {
  readonly #database: Database;
  readonly #o: SlotOwner;
  readonly #sql: string;

  constructor(database: Database, tables: TableNames, owner: SlotOwner) {
    this.#database = database;
    this.#o = owner;
    this.#sql = `SELECT * FROM ${tables.read}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;
  }

  /** What was redriven comes first, then what is new, in the order of positions. */
  async read({ held, mark, count, types, parkKeys }: SlotRead): Promise<SlotsRead> {
    const { stream, group, consumer } = this.#o;
    const inHand = held.flatMap(({ inHand }) => [...inHand.keys()]);
    const rows = await rowsOf<HandedRow>(this.#database.often, this.#sql, [
      ...[stream, group, consumer, String(mark), count, types === undefined, types ?? [], parkKeys, inHand.map(String)],
      ...[held.map(({ slot }) => slot), held.map(({ epoch }) => epoch), held.map(({ parks }) => parks)],
      ...[held.map(({ cursor }) => String(cursor)), held.map(({ delivered }) => String(delivered))],
    ]);
    const refused = new Set(rows.filter(({ handed }) => !handed).map(({ slot }) => slot));
    return { events: rows.filter(({ handed }) => handed).map(handedOut), refused: [...refused] };
  }
}

const NOTHING: DeliveryPast = Object.freeze({ failures: 0, crashes: 0, redriven: false });

function handedOut(found: HandedRow): HandedOut {
  const { slot, deliveries, failures, crashes, redriven, parked: isParked, ...columns } = found;
  const past = failures === 0 && crashes === 0 && !redriven ? undefined : { ...NOTHING, failures, crashes, redriven };
  return { slot, row: { ...columns, position: found.found }, deliveries, past, isParked };
}
