import { randomUUID } from 'node:crypto';
import { orderArguments, SMALL_NOTE } from './orders.js';
import { cpuPerEvent, IN_FLIGHT, perSecond, steadyState, type Round, type RoundResult, type Side } from './side.js';

/** Reads what there is from the beginning to the end and takes it apart, as one writes it by hand. */
interface Reading {
  prepare(events: number): Promise<void>;
  read(events: number, next: () => void): Promise<void>;
  /** Reads single events by their positions; gives microseconds for each. */
  get?(amount: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** What is written by hand, on the server that the kind of the round names. */
export class HistoryHandWritten implements Side {
  readonly #url: string;
  #reading: Reading | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    const make = { 'history-kafka': onKafka, 'history-postgres': onPostgres }[kind as string] ?? onRedis;
    this.#reading = await make(this.#url);
    await this.#reading.prepare(events);
  }

  async run({ kind, amount }: Round): Promise<RoundResult> {
    const reading = this.#reading;
    if (!reading) throw new Error('not prepared');
    if (kind === 'history-get') {
      let latencies: readonly number[] = [];
      const result = await cpuPerEvent(amount, async () => void (latencies = (await reading.get?.(amount)) ?? []));
      return { ...result, latencies };
    }
    if (kind === 'history-kafka') {
      const { count, result } = steadyState(amount);
      await reading.read(amount, count);
      return result;
    }
    return perSecond(amount, () => reading.read(amount, () => undefined));
  }

  async close(): Promise<void> {
    await this.#reading?.close();
  }
}

/** XRANGE in pages of 100, and the hashes of each in one pipeline. */
async function onRedis(url: string): Promise<Reading> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url);
  const stream = `hand:history:${randomUUID()}`;
  const order = (hash: unknown) => orderOf(Object.entries(hash as Record<string, string>));
  return {
    async prepare(events) {
      for (let i = 0; i < events; i += IN_FLIGHT) {
        const pipeline = client.pipeline();
        for (let n = i; n < i + IN_FLIGHT; n += 1) {
          const id = randomUUID();
          const [name, customer, note, amount, at] = orderArguments(n, SMALL_NOTE);
          const hash = Object.entries({ order: name, customer, note, amount, at });
          pipeline.hset(`${stream}:event:${id}`, ...hash.flatMap(([field, value]) => [field, JSON.stringify(value)]));
          pipeline.xadd(stream, '*', 'id', id, 'type', 'placed');
        }
        await pipeline.exec();
      }
    },
    async read(_, next) {
      for (let start = '-'; ;) {
        const entries = await client.xrange(stream, start, '+', 'COUNT', 100);
        const last = entries.at(-1);
        if (!last) return;
        start = `(${last[0]}`;
        const pipeline = client.pipeline();
        for (const [, [, id]] of entries) pipeline.hgetall(`${stream}:event:${id ?? ''}`);
        for (const [error, hash] of (await pipeline.exec()) ?? []) {
          if (error) throw error;
          order(hash);
          next();
        }
      }
    },
    async get(amount) {
      const positions = (await client.xrange(stream, '-', '+', 'COUNT', amount)).map(([id]) => id);
      const latencies: number[] = [];
      for (const position of positions) {
        const began = performance.now();
        const [entry] = await client.xrange(stream, position, position);
        order(await client.hgetall(`${stream}:event:${entry?.[1][1] ?? ''}`));
        latencies.push((performance.now() - began) * 1000);
      }
      return latencies;
    },
    close: async () => {
      await client.quit();
    },
  };
}

/** `eachBatch` of a consumer in a group that nobody else has, over the records that the library has stored. */
async function onKafka(url: string): Promise<Reading> {
  const { kafkaClient } = await import('./kafka-topic.js');
  const kafka = kafkaClient(url);
  const topic = 'bench-history-kafka.bench-orders';
  return {
    prepare: () => Promise.resolve(),
    async read(events, next) {
      const consumer = kafka.consumer({ groupId: `hand-${randomUUID()}`, maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      let seen = 0;
      let finish: () => void = () => undefined;
      const over = new Promise<void>((resolve) => (finish = resolve));
      await consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          for (const { value, headers } of batch.messages) {
            if (headers?.['ce_type']?.toString() !== 'placed.v1') continue;
            const order = JSON.parse(value?.toString() ?? '') as Record<string, unknown>;
            order['at'] = new Date(order['at'] as string);
            next();
            if (++seen === events) finish();
          }
          return Promise.resolve();
        },
      });
      await over;
      await consumer.disconnect();
    },
    close: () => Promise.resolve(),
  };
}

/** Keyset pages of 500 over the rows that the library has stored. */
async function onPostgres(url: string): Promise<Reading> {
  const { Pool } = await import('pg');
  const pool = new Pool({ connectionString: url, max: 1 });
  const sql = `SELECT position, id, type, key, metadata, fields FROM bench.eb_events
    WHERE stream = $1 AND position > $2 ORDER BY position LIMIT 500`;
  return {
    prepare: () => Promise.resolve(),
    async read(_, next) {
      for (let after = '0'; ;) {
        const { rows } = await pool.query<{ position: string; fields: Record<string, string> }>(sql, [
          'bench-history-postgres:bench-orders',
          after,
        ]);
        for (const { fields } of rows) {
          orderOf(Object.entries(fields));
          next();
        }
        const last = rows.at(-1);
        if (!last) return;
        after = last.position;
      }
    },
    close: () => pool.end(),
  };
}

function orderOf(texts: readonly (readonly [name: string, text: string])[]): Record<string, unknown> {
  const order: Record<string, unknown> = {};
  for (const [name, text] of texts) order[name] = JSON.parse(text);
  order['at'] = new Date(order['at'] as string);
  return order;
}
