import type { Database } from './database.js';
import type { SlotProgress } from './held-slot.js';
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
    this.#settle = settleStatement(tables);
    this.#record = recordStatement(tables);
  }

  /** Ends events and stores how far their slots are settled; returns the slots that are still held. */
  async settle(progress: readonly SlotProgress[], ended: readonly EndedEvent[]): Promise<ReadonlySet<number>> {
    const { stream, group, consumer } = this.#o;
    const values = [stream, group, consumer, JSON.stringify(progress), JSON.stringify(ended)];
    const rows = await this.#database.run<{ slot: number }>(this.#settle, values);
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

// An anchor whose event was trimmed is gone, and stays so until the checkpoint moves on.
function settleStatement({ slots, events, pasts, letters, parked, types }: TableNames): string {
  return `WITH held AS (
      UPDATE ${slots} s SET checkpoint = i.checkpoint, done = i.done,
        anchor = CASE WHEN s.checkpoint = i.checkpoint THEN s.anchor ELSE i.anchor END
      FROM jsonb_to_recordset($4::jsonb) AS i(slot integer, epoch bigint, checkpoint bigint, done bigint[], anchor text)
      WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3 AND s.slot = i.slot AND s.epoch = i.epoch
      RETURNING s.slot::integer AS slot
    ), ended AS MATERIALIZED (
      SELECT i.*, e.id AS event_id, e.type, e.key FROM jsonb_to_recordset($5::jsonb) AS i(
        slot integer, position bigint, kind text, code text, error text, stack text, attempts integer, unhandled boolean,
        park boolean
      ) JOIN held USING (slot) LEFT JOIN ${events} e ON e.position = i.position
    ), forgotten AS (
      DELETE FROM ${pasts} p USING ended i WHERE p.stream = $1 AND p.group_name = $2 AND p.position = i.position
    ), aside AS (
      INSERT INTO ${letters} (stream, group_name, position, slot, event_id, type, key, kind, code, error, stack, attempts)
      SELECT $1, $2, i.position, i.slot, i.event_id, i.type, i.key, i.kind, i.code, i.error, i.stack, i.attempts
      FROM ended i WHERE i.kind IS NOT NULL AND (i.unhandled IS NOT TRUE OR EXISTS (
        SELECT FROM ${types} k
        WHERE k.stream = $1 AND k.group_name = $2 AND k.type = i.type AND k.until > clock_timestamp()
      ))
      ON CONFLICT (stream, group_name, position) DO UPDATE SET kind = excluded.kind, code = excluded.code,
        error = excluded.error, stack = excluded.stack, attempts = excluded.attempts, time = excluded.time
    ), parks AS (
      INSERT INTO ${parked} (stream, group_name, key)
      SELECT DISTINCT $1, $2, i.key FROM ended i WHERE i.park AND i.key IS NOT NULL
      ON CONFLICT DO NOTHING
    )
    SELECT slot FROM held`;
}

function recordStatement({ slots, pasts }: TableNames): string {
  return `WITH wanted AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset($4::jsonb) AS i(slot integer, epoch bigint, position bigint)
    ), held AS MATERIALIZED (
      SELECT s.slot::integer AS slot FROM ${slots} s
      WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3
        AND EXISTS (SELECT FROM wanted i WHERE i.slot = s.slot AND i.epoch = s.epoch)
      FOR NO KEY UPDATE
    ), remembered AS (
      INSERT INTO ${pasts} AS p (stream, group_name, position, slot, failures, crashes)
      SELECT $1, $2, i.position, i.slot, CASE WHEN $5 THEN 1 ELSE 0 END, CASE WHEN $5 THEN 0 ELSE 1 END
      FROM wanted i JOIN held USING (slot)
      ON CONFLICT (stream, group_name, position) DO UPDATE
      SET failures = p.failures + excluded.failures, crashes = p.crashes + excluded.crashes
    )
    SELECT slot FROM held`;
}
