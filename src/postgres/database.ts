import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool, type ClientConfig, type PoolClient } from 'pg';
import { BackboneError } from '../core/index.js';
import { backOffMs } from './back-off.js';
import { outliveConnections } from './outlive-connections.js';
import { failureKind, failureReason, ServerFault, stateOf } from './postgres-failure.js';
import type { PostgresChannelOptions } from './postgres-options.js';
import { PreparedStatements, type Statement } from './prepared-statements.js';
import { rowsOf, type Queryable } from './queryable.js';

/** What a database is opened with. */
export interface DatabaseOptions {
  readonly given: PostgresChannelOptions;
  readonly queryTimeoutMs: number;
  /** Resolves when the tables are there and fit; asked before the first statement. */
  readonly prepare: (on: Queryable) => Promise<void>;
  readonly onFault: (reason: string) => void;
}

/** The connections of a channel: statements on a pool, and single clients for listening. */
export class Database {
  /** Runs statements that are run again and again. */
  readonly often: Queryable = new PreparedStatements((statement, values) =>
    this.#with((on) => on.run(statement, values)),
  );
  readonly #o: DatabaseOptions;
  readonly #pool: Pool;
  readonly #isOwn: boolean;
  readonly #letConnectionsBe: () => void;
  readonly #onPoolError: (error: Error) => void;
  #isPrepared = false;
  #preparing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#o = options;
    const { given, queryTimeoutMs, onFault } = options;
    this.#isOwn = given.pool === undefined;
    // An idle connection that is lost would end the process if nobody listened.
    this.#onPoolError = (error) => onFault(failureReason(error));
    this.#pool =
      given.pool ?? new Pool({ ...clientConfig(given), connectionTimeoutMillis: queryTimeoutMs, ...poolConfig(given) });
    this.#pool.on('error', this.#onPoolError);
    this.#letConnectionsBe = outliveConnections(this.#pool);
  }

  /** Runs one statement and gives its rows. */
  run<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.#with((on) => rowsOf<Row>(on, text, values));
  }

  /** Resolves when the tables are there. */
  async ready(): Promise<void> {
    if (!this.#isPrepared) await this.#with(() => Promise.resolve());
  }

  /** Runs statements in one transaction. */
  transaction<T>(work: (on: Queryable) => Promise<T>): Promise<T> {
    return this.#with(async (on) => {
      await on.query('BEGIN', []);
      try {
        const result = await work(on);
        await on.query('COMMIT', []);
        return result;
      } catch (error) {
        if (stateOf(error) !== undefined) await on.query('ROLLBACK', []);
        throw error;
      }
    });
  }

  /** Runs work that may be repeated until it succeeds, or fails for good, or time is up. */
  async insist<T>(work: () => Promise<T>, forMs: number, signal?: AbortSignal): Promise<T> {
    const latest = performance.now() + forMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const kind = failureKind(error);
        const pauseMs = backOffMs(attempt);
        if (kind === 'fatal' || kind === 'missing' || performance.now() + pauseMs > latest) throw error;
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        if (signal?.aborted) throw error;
      }
    }
  }

  /** A client of its own, not connected yet, for what a pool cannot do. */
  client(): Client {
    const { given, queryTimeoutMs } = this.#o;
    return new Client({
      ...(given.pool ? given.pool.options : clientConfig(given)),
      connectionTimeoutMillis: queryTimeoutMs,
      query_timeout: queryTimeoutMs,
      keepAlive: true,
    });
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    if (this.#isOwn) {
      // A connection that does not answer is not waited for.
      await Promise.race([this.#pool.end(), sleep(this.#o.queryTimeoutMs, undefined, { ref: false })]);
    } else {
      this.#pool.removeListener('error', this.#onPoolError);
      this.#letConnectionsBe();
    }
  }

  async #with<T>(work: (on: Connection) => Promise<T>): Promise<T> {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed');
    const client = await this.#connect();
    const on = timed(client, this.#o.queryTimeoutMs);
    const ignore = () => undefined;
    client.on('error', ignore);
    try {
      if (!this.#isPrepared) await this.#prepare(on);
      const result = await work(on);
      client.removeListener('error', ignore);
      client.release();
      return result;
    } catch (error) {
      client.removeListener('error', ignore);
      // What the server itself refused leaves the connection as it was; anything else may still be under way on it.
      const isWhole = stateOf(error) !== undefined && failureKind(error) !== 'unknown';
      client.release(!isWhole);
      throw error;
    }
  }

  /** Once, on whichever connection is the first; when it fails, the next one tries again. */
  async #prepare(on: Queryable): Promise<void> {
    await (this.#preparing ??= this.#o
      .prepare(on)
      .then(() => void (this.#isPrepared = true))
      .finally(() => (this.#preparing = undefined)));
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      if (stateOf(error) !== undefined && failureKind(error) === 'fatal') throw error;
      throw new ServerFault('unsent', `PostgreSQL cannot be reached: ${failureReason(error)}`);
    }
  }
}

/** A connection in hand. */
interface Connection extends Queryable {
  run(statement: Statement, values: unknown[]): Promise<unknown>;
}

/** Gives up waiting for a reply after a while; the connection is of no use then. */
function timed(client: PoolClient, timeoutMs: number): Connection {
  const run = (statement: Statement, values: unknown[]) =>
    new Promise((resolve, reject) => {
      const late = () => reject(new ServerFault('unknown', `PostgreSQL did not answer within ${timeoutMs} ms`));
      const timer = setTimeout(late, timeoutMs);
      void client
        .query({ ...statement, values })
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  return { run, query: (text, values) => run({ text }, values) };
}

function clientConfig({ url, options }: PostgresChannelOptions): ClientConfig {
  return {
    application_name: 'nest-event-backbone',
    keepAlive: true,
    ...options,
    ...(url && { connectionString: url }),
  };
}

function poolConfig({ options }: PostgresChannelOptions): PostgresChannelOptions['options'] {
  return options?.connectionTimeoutMillis ? { connectionTimeoutMillis: options.connectionTimeoutMillis } : {};
}
