import { LOCKS, type TableNames } from './table-names.js';

/**
 * The function that says which position was drawn last and, read after that, which transactions may still be appending: one
 * that has drawn a position took its lock before, and lets it go when its outcome can be seen.
 */
export function sampleFunction(t: TableNames): string {
  return `CREATE OR REPLACE FUNCTION ${t.sample}(OUT last bigint, OUT holders text[], OUT pids integer[])
LANGUAGE plpgsql VOLATILE AS $eb$
BEGIN
  SELECT CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END INTO last FROM ${t.sequence} s;
  SELECT coalesce(array_agg(l.virtualtransaction), '{}'), coalesce(array_agg(l.pid), '{}') INTO holders, pids
  FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
    AND l.classid = ${t.lock >>> 0} AND l.objid = ${LOCKS.append}
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
END $eb$;`;
}
