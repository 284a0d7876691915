import type { TableNames } from './table-names.js';

/**
 * The function that takes a sample and says which `mark` follows from it and from what was known: for statements that hand
 * the mark on to a function, which reads with a later snapshot than that of the sample. A transaction that has one snapshot
 * for all it does has taken it before, so that only what was known already is safe to it.
 */
export function markFunction({ mark, sample }: TableNames): string {
  return `CREATE OR REPLACE FUNCTION ${mark}(known bigint, lasts bigint[], appending text[],
  OUT last bigint, OUT holders text[], OUT pids integer[], OUT mark bigint)
LANGUAGE plpgsql VOLATILE AS $eb$
DECLARE
  is_later boolean := current_setting('transaction_isolation') IN ('read committed', 'read uncommitted');
BEGIN
  SELECT s.last, s.holders, s.pids INTO last, holders, pids FROM ${sample}() s;
  IF holders = '{}' AND is_later THEN
    mark := last;
  ELSIF last < coalesce(lasts[cardinality(lasts)], known) THEN
    mark := 0;
  ELSE
    mark := known;
    FOR i IN 1 .. CASE WHEN is_later THEN cardinality(lasts) ELSE 0 END LOOP
      IF NOT string_to_array(appending[i], ' ') && holders THEN
        mark := greatest(mark, lasts[i]);
      END IF;
    END LOOP;
  END IF;
END $eb$;`;
}
