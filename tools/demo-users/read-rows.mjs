import pg from 'pg';

/** @typedef {{ id: string, name: string, created_at: Date, updated_at: Date, version: number }} UserRow */

/**
 * Reads the table `users` as any other program would; there are no rows as long as there is no table.
 *
 * @param {string} url of the read model
 * @returns {Promise<readonly UserRow[]>}
 */
export async function readRows(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  // A connection that breaks fails the query; without a listener the error would end this process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('SELECT * FROM users ORDER BY created_at, id');
    return rows;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE) return [];
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const UNDEFINED_TABLE = '42P01';
