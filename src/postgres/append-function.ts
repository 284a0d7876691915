import { KEY_LOCKS, LOCKS, type TableNames } from './table-names.js';

/** How positions are kept from being skipped. */
type Ordering = 'sampling' | 'serial';

/**
 * The function that appends events, all or none. Those that expect a version hold the lock of their key alone, the others
 * share it, and both hold it before a position is drawn: so no event of the key can come in between or before.
 *
 * Ids are looked up by subqueries that give one value. Joins and EXISTS would be for the planner to turn into a scan of the
 * whole stream, which it does as long as it has no statistics, or too few. So one plan does for all calls.
 */
export function appendFunction(t: TableNames, ordering: Ordering): string {
  const stored = (id: string) => `(SELECT e.position FROM ${t.events} e WHERE e.stream = in_stream AND e.id = ${id})`;
  const trimmed = (id: string) => trimmedAs(t, id);
  const locks =
    ordering === 'serial'
      ? `  ${serialLock(t)}`
      : `  FOR bucket IN
    SELECT DISTINCT ${keyLock('x.key')} FROM jsonb_to_recordset(events) AS x(key text) ORDER BY 1
  LOOP
    IF expected = 'any' THEN
      PERFORM pg_advisory_xact_lock_shared(${t.lock}, bucket);
    ELSE
      PERFORM pg_advisory_xact_lock(${t.lock}, bucket);
    END IF;
  END LOOP;`;
  return `CREATE OR REPLACE FUNCTION ${t.append}(in_stream text, events jsonb, expected text)
RETURNS TABLE (stored bigint, duplicate boolean, conflict bigint) LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $eb$
#variable_conflict use_column
DECLARE
  bucket integer;
  the_key text := events -> 0 ->> 'key';
  actual bigint;
  last_version integer;
  last_position bigint;
  added bigint[];
BEGIN
${locks}
  IF expected <> 'any' AND EXISTS (
    SELECT FROM jsonb_to_recordset(events) AS x(id text)
    WHERE ${stored('x.id')} IS NULL AND ${trimmed('x.id')} IS NULL
  ) THEN
    SELECT e.version, e.position INTO last_version, last_position FROM ${t.events} e
    WHERE e.stream = in_stream AND e.key = the_key AND e.version IS NOT NULL ORDER BY e.version DESC LIMIT 1;
    SELECT count(*) + coalesce(last_version,
      (SELECT k.trimmed FROM ${t.keys} k WHERE k.stream = in_stream AND k.key = the_key), 0) INTO actual
    FROM ${t.events} e
    WHERE e.stream = in_stream AND e.key = the_key AND e.position > coalesce(last_position, 0);
    IF NOT (CASE expected WHEN 'none' THEN actual = 0 WHEN 'exists' THEN actual > 0 ELSE actual = expected::bigint END) THEN
      RETURN QUERY SELECT NULL::bigint, false, actual;
      RETURN;
    END IF;
  END IF;
  WITH new AS (
    INSERT INTO ${t.events} (stream, id, type, key, version, time, metadata, fields, personal)
    SELECT in_stream, x.id, x.type, x.key, actual + row_number() OVER (ORDER BY x.ord),
      to_timestamp(x.time / 1000.0), x.metadata, x.fields, x.personal
    FROM ROWS FROM (jsonb_to_recordset(events) AS (id text, type text, key text, time numeric, metadata jsonb, fields jsonb,
      personal jsonb)) WITH ORDINALITY AS x(id, type, key, time, metadata, fields, personal, ord)
    WHERE ${trimmed('x.id')} IS NULL AND (expected = 'any' OR ${stored('x.id')} IS NULL)
    ORDER BY x.ord
    ON CONFLICT (stream, id) DO NOTHING
    RETURNING position
  )
  SELECT coalesce(array_agg(n.position ORDER BY n.position), '{}') INTO added FROM new n;
  -- All of them are new: positions were drawn in their order.
  IF cardinality(added) = jsonb_array_length(events) THEN
    RETURN QUERY SELECT p, false, NULL::bigint FROM unnest(added) p;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT coalesce(f.position, ${trimmed('f.id')}),
      coalesce(NOT f.position = ANY (added) OR row_number() OVER (PARTITION BY f.id ORDER BY f.ord) > 1, true),
      NULL::bigint
    FROM (
      SELECT x.id, x.ord, ${stored('x.id')} AS position
      FROM ROWS FROM (jsonb_to_recordset(events) AS (id text)) WITH ORDINALITY AS x(id, ord)
    ) f
    ORDER BY f.ord;
END $eb$;`;
}

/**
 * The function that appends one event whatever its key holds, as nearly all are: it returns the position, or nothing for
 * an id that was stored before. The other function takes an array of events apart, which costs more than the insert does.
 */
export function appendOneFunction(t: TableNames, ordering: Ordering): string {
  const lock =
    ordering === 'serial' ? serialLock(t) : `PERFORM pg_advisory_xact_lock_shared(${t.lock}, ${keyLock('in_key')});`;
  return `CREATE OR REPLACE FUNCTION ${t.appendOne}(
  in_stream text, in_id text, in_type text, in_key text, in_time numeric, in_metadata jsonb, in_fields jsonb, in_personal jsonb
) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $eb$
#variable_conflict use_column
DECLARE
  stored bigint;
BEGIN
  ${lock}
  INSERT INTO ${t.events} (stream, id, type, key, time, metadata, fields, personal)
  SELECT in_stream, in_id, in_type, in_key, to_timestamp(in_time / 1000.0), in_metadata, in_fields, in_personal
  WHERE ${trimmedAs(t, 'in_id')} IS NULL
  ON CONFLICT (stream, id) DO NOTHING
  RETURNING position INTO stored;
  RETURN stored;
END $eb$;`;
}

function trimmedAs(t: TableNames, id: string): string {
  return `(SELECT g.position FROM ${t.trimmed} g WHERE g.stream = in_stream AND g.id = ${id})`;
}

function keyLock(key: string): string {
  return `('x' || left(md5(${key}), 7))::bit(28)::integer % ${KEY_LOCKS} + ${LOCKS.keys}`;
}

/** One lock only: with two, transactions that append twice could wait for each other. */
function serialLock(t: TableNames): string {
  return `PERFORM pg_advisory_xact_lock(${t.lock}, ${LOCKS.append});`;
}
