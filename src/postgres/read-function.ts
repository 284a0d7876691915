import { eventColumns } from './event-columns.js';
import { STEADY_PLAN } from './steady-plan.js';
import type { TableNames } from './table-names.js';

/**
 * The function that reads the next events of slots and marks them as handed out, in one statement.
 *
 * `chosen` looks at the events only. Whether they may be handed out is decided by the update of their slots: it waits for
 * whoever changes them, and then sees them as they are. Like whoever settles, it takes slots in the order of their numbers,
 * so that neither waits for the other in vain.
 *
 * The next events of a slot are asked for by slot and position together: only the index that begins with the slot gives that
 * order, so that no plan, whatever it was made for, looks through those of the other slots. For the same reason rows are
 * looked up by key one by one (`OFFSET 0` keeps that from being made a join).
 */
export function readFunction({ read, slots, events, pasts, letters, parked }: TableNames): string {
  const wanted = '($6 OR e.type = ANY ($7))';
  const columns = eventColumns('e', `CASE WHEN ${wanted} THEN e.fields END`, `CASE WHEN ${wanted} THEN e.personal END`);
  return `CREATE OR REPLACE FUNCTION ${read}(
  in_stream text, in_group text, in_consumer text, mark bigint, count integer, all_types boolean, types text[],
  parks_keys boolean, in_hand bigint[], slots integer[], epochs bigint[], parks bigint[], cursors bigint[], delivered bigint[]
) RETURNS TABLE (
  found text, slot integer, handed boolean, again boolean, deliveries integer, failures integer, crashes integer,
  redriven boolean, parked boolean, "position" text, id text, type text, key text, "time" text, appended_at text,
  metadata text, fields text, personal text
) LANGUAGE plpgsql VOLATILE
${STEADY_PLAN} AS $eb$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH held AS MATERIALIZED (
    SELECT h.*, s.done, s.delivered AS before
    FROM unnest($10, $11, $12, $13, $14) h(slot, epoch, parks, cursor, delivered)
    JOIN ${slots} s ON s.stream = $1 AND s.group_name = $2 AND s.slot = h.slot
  ), chosen AS MATERIALIZED (
    SELECT * FROM (
      SELECT p.position, p.slot::integer AS slot, true AS again FROM held h
      JOIN ${pasts} p ON p.stream = $1 AND p.group_name = $2 AND p.slot = h.slot AND p.redriven
      WHERE (p.position <= h.cursor OR p.position = ANY (h.done)) AND NOT p.position = ANY ($9)
        AND EXISTS (SELECT FROM ${events} e WHERE e.position = p.position OFFSET 0)
      UNION ALL
      SELECT f.position, h.slot, f.position <= h.before FROM held h CROSS JOIN LATERAL (
        SELECT e.position FROM ${events} e
        WHERE e.stream = $1 AND (e.slot, e.position) > (h.slot, h.cursor) AND (e.slot, e.position) <= (h.slot, $4)
          AND NOT e.position = ANY (h.done)
        ORDER BY e.slot, e.position LIMIT $5
      ) f
    ) both_kinds ORDER BY position LIMIT $5
  ), handed AS (
    UPDATE ${slots} s SET delivered = greatest(s.delivered, m.last)
    FROM (SELECT slot, max(position) AS last FROM chosen GROUP BY slot ORDER BY slot) m JOIN held h USING (slot)
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
    LEFT JOIN LATERAL (SELECT * FROM ${events} e WHERE e.position = c.position OFFSET 0) e ON true
    LEFT JOIN LATERAL (
      SELECT * FROM ${pasts} p WHERE p.stream = $1 AND p.group_name = $2 AND p.position = c.position OFFSET 0
    ) p ON true
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
  SELECT l.found::text, l.slot, l.handed, l.again, l.deliveries, l.failures, l.crashes, l.redriven, l.parked, l.position,
    l.id, l.type, l.key, l.time, l.appended_at, l.metadata, l.fields, l.personal
  FROM looked_at l ORDER BY l.found;
END $eb$;`;
}

const PARKED = 'EB_PARKED: an earlier event of its key was set aside; redrive that one, and this one follows it';
