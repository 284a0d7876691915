import type { Pool, PoolClient } from 'pg';
import { BackboneError } from '../core/index.js';
import { failureKind } from './postgres-failure.js';

/** What a statement gave. */
export interface SqlResult<Row> {
  readonly rows: Row[];
  /** How many rows it returned or changed. */
  readonly rowCount: number;
}

/** A transaction of the read model. It ends by itself; what is not awaited in the handler is an error. */
export interface SqlTransaction {
  /** Runs one statement; values go in as `$1`, `$2`, ... and never into the text. */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<SqlResult<Row>>;
}

/** Runs work in a transaction on a connection of its own. A connection that failed is not used again. */
export async function inTransaction<T>(
  pool: Pool,
  begin: string,
  work: (transaction: SqlTransaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const transaction = new ClientTransaction(client);
  // Without a listener the loss of an idle connection would end the process; the next statement tells of it.
  const onError = () => undefined;
  client.on('error', onError);
  let failure: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(transaction);
    transaction.close();
    const { command } = await client.query('COMMIT');
    // A transaction in which a statement failed unnoticed cannot be committed, and the server says so in this way only.
    if (command === 'COMMIT') return result;
    throw new BackboneError(
      'EB_NOT_COMPLETED',
      'a statement of the transaction failed and nobody looked; nothing was committed',
    );
  } catch (error) {
    transaction.close();
    if (isConnectionLost(error)) failure = asError(error);
    else await client.query('ROLLBACK').catch((reason: unknown) => (failure = asError(reason)));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(failure);
  }
}

/** Quotes a name that stands in the text of a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

class ClientTransaction implements SqlTransaction {
  readonly #client: PoolClient;
  #closed = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<SqlResult<Row>> {
    // Later statements would run outside of the transaction, or in somebody else's.
    if (this.#closed) {
      throw new BackboneError('EB_CLOSED', 'the transaction has ended; await every query inside the handler');
    }
    const { rows, rowCount } = await this.#client.query<Row>(text, [...values]);
    return { rows, rowCount: rowCount ?? 0 };
  }

  close(): void {
    this.#closed = true;
  }
}

function isConnectionLost(error: unknown): boolean {
  return ['unsent', 'unknown'].includes(failureKind(error));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the connection failed');
}
