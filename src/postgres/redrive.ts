import type { Database } from './database.js';
import { rowsOf, type Queryable } from './queryable.js';
import type { TableNames } from './table-names.js';

/** A group, by what it is called in the tables. */
export interface GroupNames {
  readonly stream: string;
  readonly group: string;
}

/** Hands dead letters out again, with the others of their keys where those are parked; returns how many were found. */
export async function redrive(
  database: Database,
  t: TableNames,
  names: GroupNames,
  ids: readonly string[],
): Promise<number> {
  const { stream, group } = names;
  return database.transaction(async (on) => {
    // Without its event a letter stays, as the only trace of it.
    const found = await rowsOf<{ position: string }>(
      on,
      `SELECT l.position::text AS position FROM ${t.letters} l JOIN ${t.events} e ON e.position = l.position
       WHERE l.stream = $1 AND l.group_name = $2 AND l.position = ANY ($3::bigint[])`,
      [stream, group, ids],
    );
    const positions = found.map(({ position }) => position);
    if (positions.length > 0) await takeOut(on, t, names, positions);
    return positions.length;
  });
}

/** Hands out the dead letters of slots that nobody could handle until now; those of a parked key only from the first one on. */
export async function redriveUnknown(
  database: Database,
  t: TableNames,
  {
    stream,
    group,
    slots,
    types,
  }: GroupNames & { readonly slots: readonly number[]; readonly types: readonly string[] },
): Promise<number> {
  const rows = await rowsOf<{ position: string }>(
    database.often,
    `SELECT l.position::text AS position FROM ${t.letters} l JOIN ${t.events} e ON e.position = l.position
     WHERE l.stream = $1 AND l.group_name = $2 AND l.kind = 'unknown' AND l.slot = ANY ($3::smallint[])
       AND l.type = ANY ($4::text[]) AND NOT EXISTS (
         SELECT FROM ${t.parked} k JOIN ${t.letters} b USING (stream, group_name, key)
         WHERE k.stream = $1 AND k.group_name = $2 AND k.key = l.key AND b.position < l.position
       )`,
    [stream, group, slots, types],
  );
  const positions = rows.map(({ position }) => position);
  if (positions.length > 0) await database.transaction((on) => takeOut(on, t, { stream, group }, positions));
  return positions.length;
}

/**
 * First the slots, which holds off whoever reads them: a key that is let go must not be met as parked by a read that is
 * under way.
 */
async function takeOut(
  on: Queryable,
  t: TableNames,
  { stream, group }: GroupNames,
  positions: readonly string[],
): Promise<void> {
  await letGo(on, t, { stream, group }, positions);
  await on.query(
    `WITH asked AS MATERIALIZED (
       SELECT l.key, k.key IS NOT NULL AS parked, l.position FROM ${t.letters} l
       LEFT JOIN ${t.parked} k ON k.stream = $1 AND k.group_name = $2 AND k.key = l.key
       WHERE l.stream = $1 AND l.group_name = $2 AND l.position = ANY ($3::bigint[])
     ), gone AS (
       DELETE FROM ${t.letters} l WHERE l.stream = $1 AND l.group_name = $2
         AND (l.position IN (SELECT position FROM asked) OR l.key IN (SELECT key FROM asked WHERE parked))
         AND EXISTS (SELECT FROM ${t.events} e WHERE e.position = l.position)
       RETURNING l.position, l.slot
     ), unparked AS (
       DELETE FROM ${t.parked} k WHERE k.stream = $1 AND k.group_name = $2 AND k.key IN (SELECT key FROM asked)
     )
     INSERT INTO ${t.pasts} AS p (stream, group_name, position, slot, redriven)
     SELECT $1, $2, g.position, g.slot, true FROM gone g
     JOIN ${t.slots} s ON s.stream = $1 AND s.group_name = $2 AND s.slot = g.slot
     WHERE g.position <= s.checkpoint OR g.position = ANY (s.done) OR g.position <= s.replays
     ON CONFLICT (stream, group_name, position) DO UPDATE
     SET redriven = true, failures = 0, crashes = 0`,
    [stream, group, positions],
  );
}

/** Removes dead letters; the last one of a parked key lets the key go on. Returns how many were found. */
export async function removeLetters(
  database: Database,
  t: TableNames,
  names: GroupNames,
  ids: readonly string[],
): Promise<number> {
  const { stream, group } = names;
  return database.transaction(async (on) => {
    await letGo(on, t, names, ids);
    const gone = await rowsOf<{ key: string | null }>(
      on,
      `DELETE FROM ${t.letters} l WHERE l.stream = $1 AND l.group_name = $2 AND l.position = ANY ($3::bigint[])
       RETURNING l.key`,
      [stream, group, ids],
    );
    await on.query(
      `DELETE FROM ${t.parked} k WHERE k.stream = $1 AND k.group_name = $2 AND k.key = ANY ($3::text[])
       AND NOT EXISTS (
         SELECT FROM ${t.letters} l WHERE l.stream = $1 AND l.group_name = $2 AND l.key = k.key
       )`,
      [stream, group, gone.flatMap(({ key }) => key ?? [])],
    );
    return gone.length;
  });
}

async function letGo(
  on: Queryable,
  t: TableNames,
  { stream, group }: GroupNames,
  positions: readonly string[],
): Promise<void> {
  await on.query(
    `UPDATE ${t.slots} s SET parks = s.parks + 1 FROM (
       SELECT f.slot FROM ${t.slots} f WHERE f.stream = $1 AND f.group_name = $2 AND f.slot IN (
         SELECT l.slot FROM ${t.letters} l
         WHERE l.stream = $1 AND l.group_name = $2 AND l.position = ANY ($3::bigint[])
       ) ORDER BY f.slot FOR UPDATE
     ) locked WHERE s.stream = $1 AND s.group_name = $2 AND s.slot = locked.slot`,
    [stream, group, positions],
  );
}
