import type { StreamExtent } from '../core/index.js';
import type { Database } from './database.js';
import { positionOf } from './native-position.js';
import type { TableNames } from './table-names.js';

interface ExtentRow {
  /** Nothing when it was not counted this time. */
  readonly counted: string | null;
  readonly newer: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly last_at: string | null;
}

interface Known {
  /** Up to where appends were counted, and how many that came to. */
  readonly last: string;
  readonly appended: number;
  readonly largeUntil: number;
}

interface PlanRow {
  readonly 'QUERY PLAN': readonly { readonly Plan: { readonly 'Plan Rows': number; readonly 'Plan Width': number } }[];
}

/** So many events are counted at most; of more the planner's estimate is told. */
const MOST_COUNTED = 10_000;
const MOST_NEWER = 100_000;
const MOST_STREAMS = 10_000;
/** A stream that was large is not counted again for so long. */
const LARGE_FOR_MS = 60_000;

/** Tells how much streams hold, without ever reading through a large table. */
export class StreamExtents {
  readonly #database: Database;
  readonly #t: TableNames;
  readonly #known = new Map<string, Known>();

  constructor(database: Database, tables: TableNames) {
    this.#database = database;
    this.#t = tables;
  }

  /** How much a stream holds: counted while that is little, estimated by the planner's statistics otherwise. */
  async of(stream: string): Promise<StreamExtent> {
    const before = this.#known.get(stream);
    const isLarge = before !== undefined && Date.now() < before.largeUntil;
    const values = [stream, before?.last ?? null, !isLarge];
    const [row] = await this.#database.run<ExtentRow>(this.#statement(), values);
    const { counted = '0', newer = '0', first = null, last = null, last_at: lastAt = null } = row ?? {};
    const isEstimated = counted === null || Number(counted) > MOST_COUNTED;
    const appended = (before?.appended ?? 0) + Number(newer);
    const largeUntil = isLarge ? before.largeUntil : isEstimated ? Date.now() + LARGE_FOR_MS : 0;
    this.#remember(stream, { last: last ?? before?.last ?? '0', appended, largeUntil });
    return {
      ...(isEstimated ? await this.#estimate(stream) : { events: Number(counted) }),
      ...{ isEstimated, appended },
      first: first === null ? [] : [positionOf(first)],
      last: last === null ? [] : [positionOf(last)],
      ...(lastAt !== null && { lastAt: Number(lastAt) }),
    };
  }

  #remember(stream: string, known: Known): void {
    // Environments may come and go without end.
    if (!this.#known.has(stream) && this.#known.size >= MOST_STREAMS) this.#known.clear();
    this.#known.set(stream, known);
  }

  // Each part is a short piece of the index of streams, from one end or the other.
  #statement(): string {
    const of = `FROM ${this.#t.events} e WHERE e.stream = $1`;
    return `SELECT l.position::text AS last, floor(extract(epoch FROM l.appended_at) * 1000)::text AS last_at,
      (SELECT e.position::text ${of} ORDER BY e.position LIMIT 1) AS first,
      CASE WHEN $3::boolean THEN (
        SELECT count(*)::text FROM (SELECT ${of} ORDER BY e.position DESC LIMIT ${MOST_COUNTED + 1}) c
      ) END AS counted,
      (SELECT count(*)::text FROM (
        SELECT ${of} AND e.position > $2::bigint ORDER BY e.position DESC LIMIT ${MOST_NEWER}
      ) n) AS newer
    FROM (SELECT 1) one LEFT JOIN LATERAL (
      SELECT e.position, e.appended_at ${of} ORDER BY e.position DESC LIMIT 1
    ) l ON true`;
  }

  async #estimate(stream: string): Promise<{ readonly events: number; readonly bytes: number }> {
    const sql = `EXPLAIN (FORMAT JSON) SELECT e.* FROM ${this.#t.events} e WHERE e.stream = $1`;
    const [row] = await this.#database.run<PlanRow>(sql, [stream]);
    const plan = row?.['QUERY PLAN'][0]?.Plan;
    // More than that were seen, whatever the statistics say.
    const events = Math.max(plan?.['Plan Rows'] ?? 0, MOST_COUNTED + 1);
    return { events, bytes: events * (plan?.['Plan Width'] ?? 0) };
  }
}
