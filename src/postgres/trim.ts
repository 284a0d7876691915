import { BackboneError, type TrimLimits } from '../core/index.js';
import type { Database } from './database.js';
import { reachOf } from './native-position.js';
import type { TableNames } from './table-names.js';

const EVENTS_PER_STATEMENT = 2_000;

/**
 * Removes the oldest events that all limits let go, unless a group has not finished them or a dead letter refers to them;
 * returns how many. Their ids are known for a while longer, so that appending them again stores nothing.
 *
 * @throws BackboneError `EB_ARGUMENT` when there is no limit, or one that is no number.
 */
export async function trimStream(
  database: Database,
  t: TableNames,
  { stream, limits, dedupeMs }: { readonly stream: string; readonly limits: TrimLimits; readonly dedupeMs: number },
): Promise<number> {
  const { until, before, keep, force = false } = checked(limits);
  // Fixed for the whole trim: what is appended meanwhile does not push out more.
  const [end] = await database.run<{ last: string | null }>(
    `SELECT CASE WHEN $2::bigint = 0 THEN (SELECT max(e.position) FROM ${t.events} e WHERE e.stream = $1)
       ELSE (SELECT e.position - 1 FROM ${t.events} e WHERE e.stream = $1
         ORDER BY e.position DESC OFFSET greatest($2::bigint, 1) - 1 LIMIT 1)
     END::text AS last`,
    [stream, keep ?? 0],
  );
  if (end?.last == null) return 0;
  const asked = until && reachOf(until);
  const reach = asked !== undefined && asked < BigInt(end.last) ? String(asked) : end.last;
  let removed = 0;
  for (let count = EVENTS_PER_STATEMENT; count === EVENTS_PER_STATEMENT; removed += count) {
    const values = [stream, reach, before ?? null, force, EVENTS_PER_STATEMENT];
    const [row] = await database.run<{ count: string }>(statement(t), values);
    count = Number(row?.count ?? 0);
  }
  await database.run(
    `DELETE FROM ${t.trimmed} WHERE stream = $1 AND trimmed_at < clock_timestamp() - $2::float8 * interval '1 ms'`,
    [stream, dedupeMs],
  );
  return removed;
}

function statement({ events, trimmed, keys, slots, pasts, letters }: TableNames): string {
  return `WITH going AS MATERIALIZED (
      SELECT e.position FROM ${events} e
      WHERE e.stream = $1 AND e.position <= $2::bigint
        AND ($3::float8 IS NULL OR e.appended_at < to_timestamp($3::float8 / 1000.0))
        AND ($4::boolean OR NOT (
          EXISTS (SELECT FROM ${slots} s WHERE s.stream = $1 AND s.slot = e.slot AND s.checkpoint < e.position)
          OR EXISTS (SELECT FROM ${letters} l WHERE l.stream = $1 AND l.position = e.position)
          OR EXISTS (SELECT FROM ${pasts} p WHERE p.stream = $1 AND p.position = e.position AND p.redriven)
        ))
      ORDER BY e.position LIMIT $5
    ), gone AS (
      DELETE FROM ${events} e USING going g WHERE e.position = g.position RETURNING e.id, e.key, e.position, e.slot
    ), known AS (
      INSERT INTO ${trimmed} (stream, id, position) SELECT $1, g.id, g.position FROM gone g ON CONFLICT DO NOTHING
    ), counted AS (
      INSERT INTO ${keys} AS k (stream, key, trimmed)
      SELECT $1, g.key, count(*) FROM gone g GROUP BY g.key ORDER BY g.key
      ON CONFLICT (stream, key) DO UPDATE SET trimmed = k.trimmed + excluded.trimmed
    ), forgotten AS (
      DELETE FROM ${pasts} p USING gone g WHERE p.stream = $1 AND p.position = g.position
    ), unanchored AS (
      UPDATE ${slots} s SET anchor = NULL FROM gone g
      WHERE s.stream = $1 AND s.slot = g.slot AND s.checkpoint = g.position
    )
    SELECT count(*)::text AS count FROM gone`;
}

function checked(limits: TrimLimits): TrimLimits {
  const { until, before, keep } = limits;
  if (until === undefined && before === undefined && keep === undefined) {
    throw new BackboneError('EB_ARGUMENT', 'there is no limit to the trim; give it until, before or keep');
  }
  if (before !== undefined && !Number.isFinite(before)) {
    throw new BackboneError('EB_ARGUMENT', 'before is no time; give milliseconds since 1970');
  }
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 0)) {
    throw new BackboneError('EB_ARGUMENT', 'keep must be a whole number from 0');
  }
  return limits;
}
