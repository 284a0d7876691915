import { createHash } from 'node:crypto';
import { Project, Projection, type Erased, type ProjectedEvent } from 'nest-event-backbone';
import {
  postgresChannel,
  postgresPayloadStore,
  postgresReadModel,
  type SqlTransaction,
} from 'nest-event-backbone/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { startPostgres } from '../../tools/dev-stack/index.mjs';
import { Guest, Hotel } from '../privacy/canary-hotel.js';
import { encryptedPromises, plainPromises, type Ground } from '../privacy/canary-promises.js';
import { allOf, filesIn, text, type Place } from '../privacy/canary-search.js';

/** A read model that keeps nothing personal. */
@Projection('nights', { contract: Hotel })
class Nights {
  async create(tx: SqlTransaction): Promise<void> {
    await tx.query('CREATE TABLE nights (id text PRIMARY KEY, nights integer NOT NULL)');
  }

  @Project(Hotel, (e) => e.booked)
  async book(guest: Guest | Erased, nights: number, { tx, id }: ProjectedEvent<SqlTransaction>): Promise<void> {
    await tx.query('INSERT INTO nights VALUES ($1, $2)', [id, guest instanceof Guest ? nights : 0]);
  }
}

// Without a server the global set-up says why there is none.
describe.skipIf(inject('postgresUrl') === '')('on PostgreSQL,', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let watcher: Watcher;
  beforeAll(async () => {
    server = await startPostgres();
    watcher = await Watcher.on(server.url);
  });
  afterAll(async () => {
    await watcher.close();
    await server.stop();
  });

  const ground: Ground = {
    open: (environment) => ({
      channel: postgresChannel({ url: server.url }),
      model: postgresReadModel({ url: server.url, schema: nameOf('model', environment) }),
      book: Nights,
    }),
    store: (environment) => postgresPayloadStore({ url: server.url, table: nameOf('store', environment) }),
    live: () => allOf(watcher.rows(), watcher.notifications),
    disk: () => watcher.files(server.dir),
    async restart() {
      await watcher.close();
      await server.restart();
      watcher = await Watcher.on(server.url);
    },
  };

  encryptedPromises(ground);
  plainPromises(ground, async ({ id, field, value }) => {
    const client = new Client(server.url);
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`UPDATE eb_events SET personal = personal || $2 WHERE id = $1`, [id, { [field]: value }]);
    await client.end();
  });
});

function nameOf(what: string, environment: string): string {
  return `${what}_${environment.replaceAll('-', '').slice(-20)}`;
}

/** A connection that sees everything, and hears every notification of the channel. */
class Watcher {
  readonly #client: Client;
  readonly #heard: string[] = [];

  private constructor(url: string) {
    this.#client = new Client(url);
  }

  static async on(url: string): Promise<Watcher> {
    const watcher = new Watcher(url);
    const client = watcher.#client;
    // A search that needs the connection fails without it.
    client.on('error', () => undefined);
    client.on('notification', ({ channel, payload }) => void watcher.#heard.push(`${channel} ${payload ?? ''}`));
    await client.connect();
    const signal = `eb_${createHash('sha256').update('public.eb_events').digest('hex').slice(0, 40)}`;
    for (const name of [signal, `${signal}_groups`]) await client.query(`LISTEN "${name}"`);
    return watcher;
  }

  get notifications(): readonly Place[] {
    if (this.#heard.length === 0) throw new Error('nothing was heard, so a search of it shows nothing');
    return [text('notifications', this.#heard.join('\n'))];
  }

  /** All rows of all tables, and what sessions have asked for. */
  async *rows(): AsyncGenerator<Place> {
    const { rows: tables } = await this.#client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of [...tables, { name: 'pg_stat_activity' }]) {
      const { rows } = await this.#client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      yield text(`table ${name}`, rows.map(({ row }) => row).join('\n'));
    }
  }

  /** Heap, write-ahead log, statistics and the server's own log, once everything is written out. */
  async *files(dir: string): AsyncGenerator<Place> {
    await this.#client.query('ANALYZE');
    await this.#client.query('CHECKPOINT');
    yield* filesIn(dir);
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
