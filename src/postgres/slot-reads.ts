import type { DeliveryPast } from '../core/index.js';
import type { Database } from './database.js';
import { eventColumns } from './event-columns.js';
import type { HeldSlot } from './held-slot.js';
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
  readonly #t: TableNames;
  readonly #o: SlotOwner;
  readonly #sql: string;

  constructor(database: Database, tables: TableNames, owner: SlotOwner) {
    this.#database = database;
    this.#t = tables;
    this.#o = owner;
    this.#sql = this.#statement();
  }

  /** What was redriven comes first, then what is new, in the order of positions. */
  async read({ held, mark, count, types, parkKeys }: SlotRead): Promise<SlotsRead> {
    const { stream, group, consumer } = this.#o;
    const inHand = held.flatMap(({ inHand }) => [...inHand.keys()]);
    const rows = await this.#database.run<HandedRow>(this.#sql, [
      ...[stream, group, consumer, String(mark), count, types === undefined, types ?? [], parkKeys, inHand.map(String)],
      ...[held.map(({ slot }) => slot), held.map(({ epoch }) => epoch), held.map(({ parks }) => parks)],
      ...[held.map(({ cursor }) => String(cursor)), held.map(({ delivered }) => String(delivered))],
    ]);
    const refused = new Set(rows.filter(({ handed }) => !handed).map(({ slot }) => slot));
    return { events: rows.filter(({ handed }) => handed).map(handedOut), refused: [...refused] };
  }

  /**
   * `chosen` looks at the events only. Whether they may be handed out is decided by the update of their slots: it waits for
   * whoever changes them, and then sees them as they are.
   */
  #statement(): string {
    const { slots, events, pasts, letters, parked } = this.#t;
    const wanted = '($6 OR e.type = ANY ($7::text[]))';
    const columns = eventColumns(
      'e',
      `CASE WHEN ${wanted} THEN e.fields END`,
      `CASE WHEN ${wanted} THEN e.personal END`,
    );
    return `WITH held AS MATERIALIZED (
      SELECT h.*, s.done, s.delivered AS before
      FROM unnest($10::integer[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])
        h(slot, epoch, parks, cursor, delivered)
      JOIN ${slots} s ON s.stream = $1 AND s.group_name = $2 AND s.slot = h.slot
    ), chosen AS MATERIALIZED (
      SELECT * FROM (
        SELECT p.position, p.slot::integer AS slot, true AS again FROM held h
        JOIN ${pasts} p ON p.stream = $1 AND p.group_name = $2 AND p.slot = h.slot AND p.redriven
        WHERE (p.position <= h.cursor OR p.position = ANY (h.done)) AND NOT p.position = ANY ($9::bigint[])
          AND EXISTS (SELECT FROM ${events} e WHERE e.position = p.position)
        UNION ALL
        SELECT f.position, h.slot, f.position <= h.before FROM held h CROSS JOIN LATERAL (
          SELECT e.position FROM ${events} e
          WHERE e.stream = $1 AND e.slot = h.slot AND e.position > h.cursor AND e.position <= $4::bigint
            AND NOT e.position = ANY (h.done)
          ORDER BY e.position LIMIT $5
        ) f
      ) both_kinds ORDER BY position LIMIT $5
    ), handed AS (
      UPDATE ${slots} s SET delivered = greatest(s.delivered, m.last)
      FROM (SELECT slot, max(position) AS last FROM chosen GROUP BY slot) m JOIN held h USING (slot)
      WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3 AND s.slot = m.slot AND s.epoch = h.epoch
        AND s.parks = h.parks AND s.delivered >= h.delivered
      RETURNING s.slot::integer AS slot
    ), looked_at AS (
      SELECT c.position AS found, c.slot, c.again, d.slot IS NOT NULL AS handed,
        $8 AND e.position IS NOT NULL AND EXISTS (
          SELECT FROM ${parked} k WHERE k.stream = $1 AND k.group_name = $2 AND k.key = e.key
        ) AS parked,
        coalesce(p.deliveries, 1) + CASE WHEN c.again THEN 1 ELSE 0 END AS deliveries,
        coalesce(p.failures, 0) AS failures, coalesce(p.crashes, 0) AS crashes, coalesce(p.redriven, false) AS redriven,
        ${columns}
      FROM chosen c
      LEFT JOIN handed d USING (slot)
      LEFT JOIN ${events} e ON e.position = c.position
      LEFT JOIN ${pasts} p ON p.stream = $1 AND p.group_name = $2 AND p.position = c.position
    ), counted AS (
      INSERT INTO ${pasts} AS p (stream, group_name, position, slot, deliveries)
      SELECT $1, $2, l.found, l.slot, 2 FROM looked_at l WHERE l.handed AND l.again AND NOT l.parked
      ON CONFLICT (stream, group_name, position) DO UPDATE SET deliveries = p.deliveries + 1
    ), aside AS (
      INSERT INTO ${letters} (stream, group_name, position, slot, event_id, type, key, kind, code, error, attempts)
      SELECT $1, $2, l.found, l.slot, l.id, l.type, l.key, 'parked', 'EB_PARKED', '${PARKED}', 0
      FROM looked_at l WHERE l.handed AND l.parked
      ON CONFLICT (stream, group_name, position) DO NOTHING
    )
    SELECT l.*, l.found::text AS found FROM looked_at l ORDER BY l.found`;
  }
}

const PARKED = 'EB_PARKED: an earlier event of its key was set aside; redrive that one, and this one follows it';
const NOTHING: DeliveryPast = Object.freeze({ failures: 0, crashes: 0, redriven: false });

function handedOut(found: HandedRow): HandedOut {
  const { slot, deliveries, failures, crashes, redriven, parked: isParked, ...columns } = found;
  const past = failures === 0 && crashes === 0 && !redriven ? undefined : { ...NOTHING, failures, crashes, redriven };
  return { slot, row: { ...columns, position: found.found }, deliveries, past, isParked };
}
