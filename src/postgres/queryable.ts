/** Anything that runs one statement: a client, a pool, a transaction of the caller. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/**
 * Runs a statement and gives its rows, whether the client answers with rows or with a result that holds them.
 */
export async function rowsOf<Row>(on: Queryable, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
  const result = await on.query(text, [...values]);
  if (Array.isArray(result)) return result as readonly Row[];
  const { rows } = result as { readonly rows?: unknown };
  return Array.isArray(rows) ? (rows as readonly Row[]) : [];
}
