import type { Database } from './database.js';
import type { SlotProgress } from './held-slot.js';
import { rowsOf } from './queryable.js';
import type { SlotOwner } from './slot-lease.js';
import type { TableNames } from './table-names.js';

/** How an event ends. */
export interface EndedEvent {
  readonly slot: number;
  readonly position: string;
  readonly kind?: string;
  readonly code?: string;
  readonly error?: string;
  readonly stack?: string;
  readonly attempts?: number;
  /** Set aside only when a member of the group handles its type. */
  readonly unhandled?: boolean;
  readonly park?: boolean;
}

/** An event in hand of which something is to be remembered. */
export interface RememberedEvent {
  readonly slot: number;
  readonly epoch: string;
  readonly position: string;
}

/** Stores what became of events, each call in one statement that touches only slots that are still held. */
export class SlotWrites {
  readonly #database: Database;
  readonly #o: SlotOwner;
  readonly #settle: string;
  readonly #record: string;

  constructor(database: Database, tables: TableNames, owner: SlotOwner) {
    this.#database = database;
    this.#o = owner;
    this.#settle = `SELECT * FROM ${tables.settle}($1, $2, $3, $4, $5) AS slot`;
    this.#record = recordStatement(tables);
  }

  /** Ends events and stores how far their slots are settled; returns the slots that are still held. */
  async settle(progress: readonly SlotProgress[], ended: readonly EndedEvent[]): Promise<ReadonlySet<number>> {
    const { stream, group, consumer } = this.#o;
    const values = [stream, group, consumer, JSON.stringify(progress), JSON.stringify(ended)];
    const rows = await rowsOf<{ slot: number }>(this.#database.often, this.#settle, values);
    return new Set(rows.map(({ slot }) => slot));
  }

  /** Remembers a failure or a start of events in hand; returns the slots that are still held. */
  async record(events: readonly RememberedEvent[], what: 'failure' | 'start'): Promise<ReadonlySet<number>> {
    const { stream, group, consumer } = this.#o;
    const values = [stream, group, consumer, JSON.stringify(events), what === 'failure'];
    const rows = await this.#database.run<{ slot: number }>(this.#record, values);
    return new Set(rows.map(({ slot }) => slot));
  }
}

function recordStatement({ slots, pasts }: TableNames): string {
  return `WITH wanted AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset($4::jsonb) AS i(slot integer, epoch bigint, position bigint)
    ), held AS MATERIALIZED (
      SELECT s.slot::integer AS slot FROM ${slots} s
      WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3
        AND EXISTS (SELECT FROM wanted i WHERE i.slot = s.slot AND i.epoch = s.epoch)
      ORDER BY s.slot FOR NO KEY UPDATE
    ), remembered AS (
      INSERT INTO ${pasts} AS p (stream, group_name, position, slot, failures, crashes)
      SELECT $1, $2, i.position, i.slot, CASE WHEN $5 THEN 1 ELSE 0 END, CASE WHEN $5 THEN 0 ELSE 1 END
      FROM wanted i JOIN held USING (slot)
      ON CONFLICT (stream, group_name, position) DO UPDATE
      SET failures = p.failures + excluded.failures, crashes = p.crashes + excluded.crashes
    )
    SELECT slot FROM held`;
}
