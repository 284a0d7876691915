import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { orderArguments, SMALL_NOTE } from './orders.js';
import { BATCH, CONNECTIONS, poolOf, SCHEMA, SCHEMA_BY_HAND, streamNameOf, TOTALS, UPSERT } from './postgres-tables.js';
import { atRate, perSecond, signal, type Round, type RoundResult, type Side } from './side.js';

interface Row {
  readonly position: string;
  readonly fields: Readonly<Record<string, string>>;
}

interface Order {
  readonly customer: string;
  readonly amount: number;
  readonly at: Date;
}

type Handler = (order: Order) => void | Promise<void>;

/** What one writes by hand on the same client, without anything that keeps events from being lost, doubled or skipped. */
export class PostgresHandWritten implements Side {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = poolOf(url);
  }

  async prepare(kind: Round['kind']): Promise<void> {
    await this.#pool.query(`CREATE SCHEMA ${SCHEMA_BY_HAND}`);
    const appends = kind.startsWith('postgres-append');
    // The same columns and indexes; triggers are not among what is copied.
    if (appends)
      await this.#pool.query(`CREATE TABLE ${SCHEMA_BY_HAND}.events (LIKE ${SCHEMA}.eb_events INCLUDING ALL)`);
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'postgres-latency') return this.#latency(amount);
    if (kind.startsWith('postgres-append')) return perSecond(amount, () => this.#append(amount));
    if (kind === 'postgres-catch-up') return perSecond(amount, () => this.#catchUp(kind));
    return perSecond(amount, () => this.#project(kind));
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #append(events: number): Promise<void> {
    const sql = `INSERT INTO ${SCHEMA_BY_HAND}.events (stream, id, type, key, time, metadata, fields)
      VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING position`;
    let next = 0;
    const caller = async (_: unknown, index: number) => {
      while (next < events) {
        const [order, customer, note, amount, at] = orderArguments(next++, SMALL_NOTE);
        const id = randomUUID();
        const fields = JSON.stringify({ order, customer, note, amount, at });
        await this.#pool.query(sql, [`bench-${index}`, id, 'placed', id, at, '{"source":"bench"}', fields]);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, caller));
  }

  async #catchUp(kind: Round['kind']): Promise<void> {
    for await (const rows of this.#rows(kind)) for (const row of rows) orderOf(row);
  }

  /** A transaction for each batch that was read, with the upserts and the position up to which they go. */
  async #project(kind: Round['kind']): Promise<void> {
    const writer = await this.#pool.connect();
    try {
      await writer.query(`SET search_path TO ${SCHEMA_BY_HAND}`);
      await writer.query(`DROP TABLE IF EXISTS totals, reached; ${TOTALS}; CREATE TABLE reached (position bigint)`);
      await writer.query('INSERT INTO reached VALUES (0)');
      const upsert: Handler = async ({ customer, amount }) => {
        await writer.query(UPSERT, [customer, amount]);
      };
      for await (const rows of this.#rows(kind)) await inOneTransaction(writer, rows, upsert);
    } finally {
      writer.release(true);
    }
  }

  async *#rows(kind: Round['kind']): AsyncGenerator<readonly Row[], void, undefined> {
    const reader = await this.#pool.connect();
    try {
      await reader.query('BEGIN');
      await reader.query(
        `DECLARE events NO SCROLL CURSOR FOR SELECT position, id, type, key, metadata, fields FROM ${SCHEMA}.eb_events
         WHERE stream = '${streamNameOf(kind)}' ORDER BY position`,
      );
      for (;;) {
        const { rows } = await reader.query<Row>(`FETCH ${BATCH} FROM events`);
        if (rows.length === 0) break;
        yield rows;
      }
      await reader.query('COMMIT');
    } finally {
      reader.release();
    }
  }

  /** From a bare NOTIFY to its notification: no event, no read. */
  async #latency(ms: number): Promise<RoundResult> {
    const listener = await this.#pool.connect();
    const latencies: number[] = [];
    const finished = signal();
    let total = Infinity;
    listener.on('notification', ({ payload }) => {
      latencies.push((performance.now() - Number(payload)) * 1000);
      if (latencies.length === total) finished.fire();
    });
    await listener.query('LISTEN bench');
    total = await atRate(ms, () => {
      void this.#pool.query(`SELECT pg_notify('bench', $1)`, [String(performance.now())]);
    });
    if (latencies.length < total) await finished.fired;
    listener.release(true);
    return { cpu: NaN, latencies };
  }
}

async function inOneTransaction(writer: PoolClient, rows: readonly Row[], handle: Handler): Promise<void> {
  await writer.query('BEGIN');
  for (const row of rows) await handle(orderOf(row));
  await writer.query('UPDATE reached SET position = $1', [rows.at(-1)?.position]);
  await writer.query('COMMIT');
}

/** The client has parsed the columns; in them every argument is JSON of its own. */
function orderOf({ fields }: Row): Order {
  const order: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(fields)) order[name] = JSON.parse(text);
  const { customer, amount, at } = order;
  return { ...order, customer: customer as string, amount: amount as number, at: new Date(at as string) };
}
