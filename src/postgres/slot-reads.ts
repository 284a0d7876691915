import type { DeliveryPast } from '../core/index.js';
import type { Database } from './database.js';
import type { HeldSlot } from './held-slot.js';
import { rowsOf } from './queryable.js';
import { SafeMark, type Mark, type Sample } from './safe-mark.js';
import type { SlotOwner } from './slot-lease.js';
import type { EventRow } from './stored-event.js';
import type { TableNames } from './table-names.js';

/** What to read of the slots that a consumer holds. */
export interface SlotRead {
  readonly held: readonly HeldSlot[];
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
  /** How far readers may go now. */
  readonly mark: Mark;
  /** How far this one went. */
  readonly readTo: bigint;
  readonly events: readonly HandedOut[];
  /** Slots of which something was found and nothing handed out: they are somebody else's, or their keys were let go. */
  readonly refused: readonly number[];
}

/** In the first row, which is there even if nothing was found. */
interface SampledRow extends Sample {
  readonly mark: string;
}

interface NothingFound {
  readonly found: null;
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

/** Reads the next events of slots and marks them as handed out, up to where that is safe, in one statement. One at a time. */
export class SlotReads {
  readonly #database: Database;
  readonly #o: SlotOwner;
  readonly #sql: string;
  readonly #mark = new SafeMark();

  constructor(database: Database, tables: TableNames, owner: SlotOwner) {
    this.#database = database;
    this.#o = owner;
    const once = (column: string) => `CASE WHEN coalesce(r.ordinality, 1) = 1 THEN s.${column} END`;
    this.#sql = `SELECT ${once('last')}::text AS last, ${once('holders')} AS holders, ${once('pids')} AS pids,
        ${once('mark')}::text AS mark, r.*
      FROM ${tables.mark}($4, $15, $16) s
      LEFT JOIN LATERAL ${tables.read}($1, $2, $3, s.mark, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        WITH ORDINALITY r ON true`;
  }

  /** What was redriven comes first, then what is new, in the order of positions. */
  async read({ held: unsorted, count, types, parkKeys }: SlotRead): Promise<SlotsRead> {
    const { stream, group, consumer } = this.#o;
    const held = [...unsorted].sort((a, b) => a.slot - b.slot);
    const inHand = held.flatMap(({ inHand }) => [...inHand.keys()]);
    const [safe, lasts, holders] = this.#mark.known;
    const rows = await rowsOf<SampledRow & (HandedRow | NothingFound)>(this.#database.often, this.#sql, [
      ...[stream, group, consumer, safe, count, types === undefined, types ?? [], parkKeys, inHand.map(String)],
      ...[held.map(({ slot }) => slot), held.map(({ epoch }) => epoch), held.map(({ parks }) => parks)],
      ...[held.map(({ cursor }) => String(cursor)), held.map(({ delivered }) => String(delivered)), lasts, holders],
    ]);
    const { last = '0', holders: appending = [], pids = [], mark = '0' } = rows[0] ?? {};
    const found = rows.filter((row) => row.found !== null);
    const refused = new Set(found.filter(({ handed }) => !handed).map(({ slot }) => slot));
    return {
      mark: this.#mark.add(BigInt(last), appending, pids),
      readTo: BigInt(mark),
      events: found.filter(({ handed }) => handed).map(handedOut),
      refused: [...refused],
    };
  }
}

const NOTHING: DeliveryPast = Object.freeze({ failures: 0, crashes: 0, redriven: false });

function handedOut(found: HandedRow): HandedOut {
  const { slot, deliveries, failures, crashes, redriven, parked: isParked, ...columns } = found;
  const past = failures === 0 && crashes === 0 && !redriven ? undefined : { ...NOTHING, failures, crashes, redriven };
  return { slot, row: { ...columns, position: found.found }, deliveries, past, isParked };
}
