import type { SqlTransaction } from './sql-transaction.js';
import { quoted } from './sql-transaction.js';

/** A table, view, ... that a projection has made. */
export interface MadeObject {
  readonly kind: string;
  /** Its name as it stands in a statement, without its schema. */
  readonly name: string;
}

/** In this order nothing is dropped that something behind it needs. */
const KINDS = ['VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'TABLE', 'SEQUENCE', 'ROUTINE', 'TYPE', 'DOMAIN'];

const OBJECTS = `
  SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
      WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind,
    quote_ident(c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    AND NOT (c.relkind = 'S' AND EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
  UNION ALL
  SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, quote_ident(t.typname)
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname = $1 AND t.typtype IN ('e', 'd', 'r')
  UNION ALL
  SELECT 'ROUTINE', quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = $1 AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))`;

/** Lists what stands in a schema. */
export async function objectsIn(tx: SqlTransaction, schema: string): Promise<readonly MadeObject[]> {
  const { rows } = await tx.query<MadeObject>(OBJECTS, [schema]);
  return rows;
}

/** Drops what a projection has made, and refuses where something of somebody else's depends on it. */
export async function dropObjects(tx: SqlTransaction, schema: string, objects: readonly MadeObject[]): Promise<void> {
  for (const kind of KINDS) {
    const names = objects.filter((object) => object.kind === kind).map(({ name }) => `${quoted(schema)}.${name}`);
    if (names.length > 0) await tx.query(`DROP ${kind} IF EXISTS ${names.join(', ')}`);
  }
}

/** Moves objects with their rows, indexes and own sequences into another schema. */
export async function moveObjects(
  tx: SqlTransaction,
  objects: readonly MadeObject[],
  from: string,
  to: string,
): Promise<void> {
  for (const { kind, name } of objects) {
    await tx.query(`ALTER ${kind} ${quoted(from)}.${name} SET SCHEMA ${quoted(to)}`);
  }
}
