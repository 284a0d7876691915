import { STEADY_PLAN } from './steady-plan.js';
import type { TableNames } from './table-names.js';

/**
 * The function that ends events and stores how far their slots are settled, in one statement that touches only slots that
 * are still held; it returns these. An anchor whose event was trimmed is gone, and stays so until the checkpoint moves on.
 */
export function settleFunction({ settle, slots, events, pasts, letters, parked, types }: TableNames): string {
  return `CREATE OR REPLACE FUNCTION ${settle}(in_stream text, in_group text, in_consumer text, progress jsonb, ended_events jsonb)
RETURNS SETOF integer LANGUAGE plpgsql VOLATILE
${STEADY_PLAN} AS $eb$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH held AS (
    UPDATE ${slots} s SET checkpoint = i.checkpoint, done = i.done,
      anchor = CASE WHEN s.checkpoint = i.checkpoint THEN s.anchor ELSE i.anchor END
    FROM jsonb_to_recordset($4) AS i(slot integer, epoch bigint, checkpoint bigint, done bigint[], anchor text)
    WHERE s.stream = $1 AND s.group_name = $2 AND s.owner = $3 AND s.slot = i.slot AND s.epoch = i.epoch
    RETURNING s.slot::integer AS slot
  ), ended AS MATERIALIZED (
    SELECT i.*, e.id AS event_id, e.type, e.key FROM jsonb_to_recordset($5) AS i(
      slot integer, position bigint, kind text, code text, error text, stack text, attempts integer, unhandled boolean,
      park boolean
    ) JOIN held USING (slot) LEFT JOIN LATERAL (
      SELECT * FROM ${events} e WHERE e.position = i.position OFFSET 0
    ) e ON true
  ), forgotten AS (
    DELETE FROM ${pasts} p
    WHERE p.stream = $1 AND p.group_name = $2 AND p.position = ANY (ARRAY(SELECT i.position FROM ended i))
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
  SELECT h.slot FROM held h;
END $eb$;`;
}
