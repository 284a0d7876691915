import type { Database } from './database.js';
import type { HeldSlot, SlotState } from './held-slot.js';
import { rowsOf } from './queryable.js';
import type { TableNames } from './table-names.js';

/** Whose slots, of which group. */
export interface SlotOwner {
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  readonly leaseMs: number;
}

/** A slot as it was acquired. */
export interface AcquiredSlot extends SlotState {
  /** True when the event at the checkpoint is not the one that was settled there. */
  readonly isDiverged: boolean;
}

interface AcquiredRow {
  readonly slot: number;
  readonly epoch: string;
  readonly parks: string;
  readonly checkpoint: string;
  readonly delivered: string;
  readonly done: readonly string[];
  readonly replays: string;
  readonly diverged: boolean;
}

/** What a consumer tells the server about the slots it holds. */
export class SlotLeases {
  readonly #database: Database;
  readonly #t: TableNames;
  readonly #o: SlotOwner;

  constructor(database: Database, tables: TableNames, owner: SlotOwner) {
    this.#database = database;
    this.#t = tables;
    this.#o = owner;
  }

  /** Makes the group unless it is there; tells whether it was made. */
  async createGroup(slots: number, from: 'beginning' | 'end'): Promise<boolean> {
    const { stream, group } = this.#o;
    // All slots by one statement: one end for all of them.
    const rows = await this.#database.run(
      `WITH start AS MATERIALIZED (SELECT CASE WHEN $4 THEN last ELSE 0 END AS at FROM ${this.#t.sample}())
       INSERT INTO ${this.#t.slots} (stream, group_name, slot, began, checkpoint, delivered)
       SELECT $1, $2, s, start.at, start.at, start.at FROM start, generate_series(0, $3::integer - 1) s
       ON CONFLICT DO NOTHING RETURNING 1`,
      [stream, group, slots, from === 'end'],
    );
    return rows.length > 0;
  }

  /**
   * Says that this consumer lives and what it handles; returns all that live, in order, whether it is new, and which slots
   * it holds no more: a reset has taken them away.
   */
  async beat(
    types: readonly string[],
    held: readonly HeldSlot[],
  ): Promise<{ members: readonly string[]; isNew: boolean; lost: readonly HeldSlot[] }> {
    const { stream, group, consumer, leaseMs } = this.#o;
    const rows = await rowsOf<{ consumer: string | null; slot: number | null }>(
      this.#database.often,
      `WITH mine AS (
         INSERT INTO ${this.#t.members} (stream, group_name, consumer, until)
         VALUES ($1, $2, $3, clock_timestamp() + $4::float8 * interval '1 ms')
         ON CONFLICT (stream, group_name, consumer) DO UPDATE SET until = excluded.until
       ), gone AS (
         DELETE FROM ${this.#t.members} WHERE stream = $1 AND group_name = $2 AND consumer <> $3
         AND until < clock_timestamp() - interval '1 hour'
       ), handled AS (
         INSERT INTO ${this.#t.types} AS k (stream, group_name, type, until)
         SELECT $1, $2, t, clock_timestamp() + interval '2 days' FROM unnest($5::text[]) t ORDER BY t
         ON CONFLICT (stream, group_name, type) DO UPDATE SET until = excluded.until
         WHERE k.until < clock_timestamp() + interval '47 hours'
       )
       SELECT consumer, NULL::integer AS slot FROM ${this.#t.members}
       WHERE stream = $1 AND group_name = $2 AND until > clock_timestamp()
       UNION ALL
       SELECT NULL, h.slot FROM unnest($6::integer[], $7::bigint[]) h(slot, epoch) WHERE NOT EXISTS (
         SELECT FROM ${this.#t.slots} s WHERE s.stream = $1 AND s.group_name = $2 AND s.slot = h.slot AND s.epoch = h.epoch
       )`,
      [stream, group, consumer, leaseMs, types, held.map(({ slot }) => slot), held.map(({ epoch }) => epoch)],
    );
    const others = rows.flatMap((row) => row.consumer ?? []);
    const lost = held.filter(({ slot }) => rows.some((row) => row.slot === slot));
    return { members: [...new Set([...others, consumer])].sort(), isNew: !others.includes(consumer), lost };
  }

  /** Takes up to so many free slots, in the order of the turns. */
  async acquire(turns: readonly number[], count: number): Promise<readonly AcquiredSlot[]> {
    const { stream, group, consumer, leaseMs } = this.#o;
    const { slots, events, trimmed } = this.#t;
    const rows = await this.#database.run<AcquiredRow>(
      `WITH free AS (
         SELECT s.slot FROM ${slots} s
         WHERE s.stream = $1 AND s.group_name = $2 AND (s.owner IS NULL OR s.until < clock_timestamp())
         ORDER BY array_position($5::integer[], s.slot::integer) LIMIT $6 FOR UPDATE SKIP LOCKED
       ), mine AS (
         UPDATE ${slots} s SET owner = $3, epoch = s.epoch + 1,
           until = clock_timestamp() + $4::float8 * interval '1 ms'
         FROM free WHERE s.stream = $1 AND s.group_name = $2 AND s.slot = free.slot RETURNING s.*
       )
       SELECT m.slot, m.epoch::text, m.parks::text, m.checkpoint::text, m.delivered::text, m.done::text[] AS done,
         m.replays::text,
         m.anchor IS NOT NULL AND NOT EXISTS (
           SELECT FROM ${events} e WHERE e.stream = $1 AND e.position = m.checkpoint AND e.id = m.anchor
         ) AND NOT EXISTS (
           SELECT FROM ${trimmed} g WHERE g.stream = $1 AND g.position = m.checkpoint AND g.id = m.anchor
         ) AS diverged
       FROM mine m`,
      [stream, group, consumer, leaseMs, turns, count],
    );
    return rows.map(({ slot, epoch, parks, checkpoint, delivered, done, replays, diverged }) => ({
      ...{ slot, epoch, parks, isDiverged: diverged },
      checkpoint: BigInt(checkpoint),
      delivered: BigInt(delivered),
      done: done.map(BigInt),
      replayedTo: BigInt(replays),
    }));
  }

  /** Holds slots for longer; returns those that are still held, with how often keys were let go. */
  async extend(held: readonly HeldSlot[]): Promise<ReadonlyMap<number, string>> {
    const { stream, group, consumer, leaseMs } = this.#o;
    const rows = await rowsOf<{ slot: number; parks: string }>(
      this.#database.often,
      `UPDATE ${this.#t.slots} s SET until = clock_timestamp() + $4::float8 * interval '1 ms'
       FROM unnest($5::integer[], $6::bigint[], $7::bigint[]) h(slot, epoch, delivered)
       WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3
         AND s.slot = h.slot AND s.epoch = h.epoch AND s.delivered >= h.delivered
       RETURNING s.slot, s.parks::text`,
      [
        ...[stream, group, consumer, leaseMs, held.map(({ slot }) => slot), held.map(({ epoch }) => epoch)],
        held.map(({ delivered }) => String(delivered)),
      ],
    );
    return new Map(rows.map(({ slot, parks }) => [slot, parks]));
  }

  /** Gives slots back to the others, and takes back the starts of what is still in hand. */
  async release(held: readonly HeldSlot[]): Promise<void> {
    const { stream, group, consumer } = this.#o;
    const starts = held.flatMap(({ slot, inHand }) =>
      [...inHand].filter(([, { starts }]) => starts > 0).map(([position, { starts }]) => ({ slot, position, starts })),
    );
    await this.#database.run(
      `WITH freed AS (
         UPDATE ${this.#t.slots} s SET owner = NULL, until = NULL
         FROM unnest($4::integer[], $5::bigint[]) h(slot, epoch)
         WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3 AND s.slot = h.slot AND s.epoch = h.epoch
         RETURNING s.slot
       )
       UPDATE ${this.#t.pasts} p SET crashes = greatest(p.crashes - b.starts, 0)
       FROM unnest($6::integer[], $7::bigint[], $8::integer[]) b(slot, position, starts) JOIN freed USING (slot)
       WHERE p.stream = $1 AND p.group_name = $2 AND p.position = b.position`,
      [
        ...[stream, group, consumer, held.map(({ slot }) => slot), held.map(({ epoch }) => epoch)],
        ...[
          starts.map(({ slot }) => slot),
          starts.map(({ position }) => String(position)),
          starts.map((b) => b.starts),
        ],
      ],
    );
  }

  /** Leaves the group. */
  async resign(): Promise<void> {
    const { stream, group, consumer } = this.#o;
    await this.#database.run(`DELETE FROM ${this.#t.members} WHERE stream = $1 AND group_name = $2 AND consumer = $3`, [
      stream,
      group,
      consumer,
    ]);
  }
}
