import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  EventBackboneModule,
  EventHandler,
  getChannelToken,
  getProducerToken,
  type Producer,
} from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { postgresChannel, postgresReadModel, type SqlTransaction } from 'nest-event-backbone/postgres';
import { defineProjection, ProjectionRunner } from 'nest-event-backbone/projections';
import type { Pool } from 'pg';
import { orderArguments, Orders, SMALL_NOTE } from './orders.js';
import { BATCH, CONNECTIONS, poolOf, SCHEMA, TOTALS, UPSERT } from './postgres-tables.js';
import { atRate, perSecond, signal, type Round, type RoundResult, type Side } from './side.js';

/** What the handler does with an event; set by the round that runs. */
@Injectable()
class Seen {
  next: (sentAt: number) => void = () => undefined;
}

@Injectable()
class Handlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(Orders, (e) => e.placed)
  placed(_order: string, _customer: string, _note: string, amount: number): void {
    this.seen.next(amount);
  }
}

@Module({})
class BenchModule {}

const create = async (tx: SqlTransaction): Promise<void> => {
  await tx.query(TOTALS);
};

const READS = defineProjection<Orders, SqlTransaction>(Orders, {
  name: 'reads',
  create,
  on: { placed: () => undefined },
});

const UPSERTS = defineProjection<Orders, SqlTransaction>(Orders, {
  name: 'upserts',
  create,
  on: { placed: (_order, customer, _note, amount, _at, { tx }) => tx.query(UPSERT, [customer, amount]) },
});

/** The library on PostgreSQL: an application's producers and handlers, and projections. */
export class PostgresBackbone implements Side {
  readonly #pool: Pool;
  #application: INestApplicationContext | undefined;

  constructor(url: string) {
    this.#pool = poolOf(url);
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    this.#application = await NestFactory.createApplicationContext({
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          channel: postgresChannel({ pool: this.#pool, schema: SCHEMA }),
          group: 'bench',
          environment: kind,
          consumers: kind === 'postgres-latency' ? 'all' : 'none',
        }),
        EventBackboneModule.forFeature([Orders]),
      ],
      providers: [Seen, Handlers],
    });
    this.#application.enableShutdownHooks();
    // Makes the tables where there are no events to append.
    const stream = { environment: kind, contract: 'bench-orders' };
    await this.#channel.read({ stream })[Symbol.asyncIterator]().next();
    for (let i = 0; i < events; i += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, (_, n) => this.#place(this.#producer, i + n)));
    }
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'postgres-latency') return this.#latency(amount);
    if (kind.startsWith('postgres-append')) return perSecond(amount, () => this.#append(kind, amount));
    return this.#project(kind, amount);
  }

  async close(): Promise<void> {
    await this.#application?.close();
    await this.#pool.end();
  }

  get #opened(): INestApplicationContext {
    if (!this.#application) throw new Error('not prepared');
    return this.#application;
  }

  get #channel(): Channel {
    return this.#opened.get<Channel>(getChannelToken());
  }

  get #producer(): Producer<Orders> {
    return this.#opened.get<Producer<Orders>>(getProducerToken(Orders));
  }

  #place(producer: Producer<Orders>, n: number): Promise<unknown> {
    return producer.placed(...orderArguments(n, SMALL_NOTE));
  }

  /** Appends to one stream travel together; in a stream of its own each caller needs a connection. */
  async #append(kind: Round['kind'], events: number): Promise<void> {
    let next = 0;
    const caller = async (_: unknown, index: number) => {
      const environment = kind === 'postgres-append' ? `bench-${index}` : 'bench';
      const producer = this.#producer.$with({ environment });
      while (next < events) await this.#place(producer, next++);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, caller));
  }

  /** Makes the read model anew, from the first event to the last. */
  async #project(kind: Round['kind'], events: number): Promise<RoundResult> {
    const runner = new ProjectionRunner({
      projection: kind === 'postgres-catch-up' ? READS : UPSERTS,
      channel: this.#channel,
      environment: kind,
      model: postgresReadModel({ pool: this.#pool, schema: SCHEMA }),
      batchSize: BATCH,
    });
    return perSecond(events, async () => {
      const { events: taken } = await runner.init({ fresh: true });
      if (taken !== events) throw new Error(`${taken} of ${events} events were projected`);
    });
  }

  async #latency(ms: number): Promise<RoundResult> {
    const producer = this.#producer;
    const latencies: number[] = [];
    const finished = signal();
    let total = Infinity;
    this.#opened.get(Seen).next = (sentAt) => {
      latencies.push((performance.now() - sentAt) * 1000);
      if (latencies.length === total) finished.fire();
    };
    total = await atRate(ms, (n) => {
      const [order, customer, note, , at] = orderArguments(n, SMALL_NOTE);
      void producer.placed(order, customer, note, performance.now(), at);
    });
    if (latencies.length < total) await finished.fired;
    return { cpu: NaN, latencies };
  }
}
