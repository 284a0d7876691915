import { randomBytes } from 'node:crypto';
import { Pool, type PoolClient } from 'pg';
import { onTestFinished } from 'vitest';
import type { Channel, Stream } from 'nest-event-backbone/core';
import { postgresChannel, type PostgresChannelOptions } from 'nest-event-backbone/postgres';

/** How long a test waits for what must come: a loaded machine takes its time. */
export const PATIENCE_MS = 20_000;

/** Tables of one test's own, and ways to look at them past the channel. */
export class Sandbox {
  readonly table = `t_${randomBytes(6).toString('hex')}`;
  readonly stream: Stream = { environment: 'test', contract: 'sandbox' };
  readonly name = 'test:sandbox';
  readonly url: string;
  readonly pool: Pool;
  readonly #clients = new Set<PoolClient>();

  constructor(url: string, connections = 10) {
    this.url = url;
    this.pool = new Pool({ connectionString: url, max: connections });
    this.pool.on('error', () => undefined);
    // From the first moment: the server may end a connection in the same breath in which it was made.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    onTestFinished(async () => {
      for (const client of this.#clients) client.release(true);
      await this.pool.end();
    });
  }

  /** A channel on these tables, closed after the test. */
  open(options: Partial<PostgresChannelOptions> = {}): Channel {
    const way = options.pool ? {} : { url: this.url };
    const channel = postgresChannel({ ...way, table: this.table, ...options });
    onTestFinished(() => channel.close());
    return channel;
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.pool.query<Row>(text, [...values])).rows;
  }

  /** A connection of its own, closed after the test. */
  async connect(): Promise<PoolClient> {
    const client = await this.pool.connect();
    this.#clients.add(client);
    return client;
  }

  /** A plain INSERT, as any client may do it; returns the id. */
  async insert(on: Pick<Pool, 'query'> = this.pool, key = 'plain', stream = this.name): Promise<string> {
    const sql = `INSERT INTO "${this.table}" (stream, type, key, fields) VALUES ($1, 'sampleTaken.v1', $2, '{}') RETURNING id`;
    const { rows } = (await on.query(sql, [stream, key])) as { rows: { id: string }[] };
    return rows[0]?.id ?? '';
  }
}
