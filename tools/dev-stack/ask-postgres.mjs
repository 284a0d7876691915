import pg from 'pg';

/**
 * Sends one statement to a PostgreSQL on a connection of its own.
 *
 * @param {string} url `postgres://`, with user and password if needed
 * @param {string} sql
 * @param {number} timeoutMs for each of connecting and answering
 * @returns {Promise<string>} the first column of the first row as text; empty when there is none
 * @throws with the error of the server, or with what is wrong with the connection; never with the password
 */
export async function askPostgres(url, sql, timeoutMs) {
  if (!URL.canParse(url) || !/^postgres(ql)?:\/\//.test(url)) {
    throw new Error('it is not a URL of the form postgres://user:password@host:port/database');
  }
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'dev-stack',
  });
  // A connection that breaks fails the statement; without a listener the error would end this process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return String(rows[0]?.[0] ?? '');
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with an AggregateError, whose own message is empty.
  return error.message || ('code' in error ? String(error.code) : 'the connection failed');
}
