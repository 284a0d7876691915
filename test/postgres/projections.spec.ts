import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createProducer, type Channel, type SavedCheckpoint } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { postgresReadModel, type PostgresReadModel, type SqlTransaction } from 'nest-event-backbone/postgres';
import { defineProjection, ProjectionRunner, type ProjectionMethods } from 'nest-event-backbone/projections';
import { redisChannel } from 'nest-event-backbone/redis';
import { FaultProxy } from '../redis/fault-proxy.js';
import { Accounts } from './accounts.js';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');

/** How long a condition may take on a slow machine. */
const PATIENCE = { timeout: 20_000, interval: 20 };

type Methods = ProjectionMethods<Accounts, SqlTransaction>;

const paid: NonNullable<Methods['paid']> = async (account, amount, { tx }) => {
  await tx.query(
    `INSERT INTO balances AS own (account, balance) VALUES ($1, $2)
     ON CONFLICT (account) DO UPDATE SET balance = own.balance + excluded.balance`,
    [account, amount],
  );
};

const create = async (tx: SqlTransaction): Promise<void> => {
  await tx.query(`CREATE TYPE mood AS ENUM ('good', 'bad')`);
  await tx.query(
    `CREATE TABLE balances (number serial, account text PRIMARY KEY, balance int NOT NULL, mood mood DEFAULT 'good')`,
  );
  await tx.query('CREATE INDEX ON balances (balance)');
  await tx.query('CREATE VIEW rich AS SELECT account FROM balances WHERE balance > 1000');
};

describe.skipIf(postgresUrl === '')('a projection on PostgreSQL', () => {
  it.skipIf(redisUrl === '')('takes in the events of another database, and waits for nobody else', async () => {
    const channel = redisChannel({ url: redisUrl });
    onTestFinished(() => channel.close());
    const { producer, runner, balances } = await scene({ channel, environment: randomUUID() });
    await producer.paid('ada', 5);
    runner.start();
    await runner.waitFor((await producer.paid('ada', 7)).position);
    expect(await balances()).toEqual({ ada: 12 });
  });

  it('counts an event once although the reply to its COMMIT was lost', async () => {
    const lost = new LostCommits();
    const { producer, runner, balances } = await scene({ pool: lost.pool });
    runner.start();
    for (let round = 0; round < 5; round += 1) {
      await runner.waitFor((await producer.paid('ada', 1)).position);
      lost.next = true;
      await runner.waitFor((await producer.paid('ada', 1)).position);
    }
    await vi.waitFor(() => expect(lost.count).toBe(5), PATIENCE);
    expect(await balances()).toEqual({ ada: 10 });
  });

  it('that went on from what it remembers, instead of what is stored, would count the event twice', async () => {
    const lost = new LostCommits();
    const { producer, runner, balances } = await scene({ pool: lost.pool, trustsItself: lost });
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    // The next commit must be that of the event, and not the one that says that the model is complete.
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('live'), PATIENCE);
    lost.next = true;
    await producer.paid('ada', 1);
    await vi.waitFor(async () => expect(await balances()).toEqual({ ada: 3 }), PATIENCE);
  });

  it('gets over a network that swallows replies', async () => {
    const proxy = await FaultProxy.before(postgresUrl);
    const { producer, runner, balances } = await scene({ through: proxy.url, queryTimeoutMs: 300 });
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    for (let round = 0; round < 5; round += 1) {
      proxy.drop('replies');
      await producer.paid('ada', 1);
      await vi.waitFor(
        async () => expect((await runner.state().catch(() => undefined))?.status).not.toBe('live'),
        PATIENCE,
      );
      proxy.pass();
      proxy.cut();
      await runner.waitFor((await producer.paid('ada', 1)).position);
    }
    expect(await balances()).toEqual({ ada: 11 });
  });

  it('goes on when the server ends its connections', async () => {
    const { producer, runner, balances, admin, name } = await scene();
    runner.start();
    for (let round = 0; round < 5; round += 1) {
      const { position } = await producer.paid('ada', 1);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [name]);
      await runner.waitFor(position);
    }
    expect(await balances()).toEqual({ ada: 5 });
  });

  it('stops at an event whose statement failed although its handler looked away', async () => {
    const on: Methods = {
      paid: async (account, amount, projected) => {
        await paid(account, amount, projected);
        if (amount === 13) await projected.tx.query('SELECT 1 / 0').catch(() => undefined);
      },
    };
    const { producer, runner, balances } = await scene({ on });
    for (const amount of [1, 13, 1]) await producer.paid('ada', amount);
    runner.start();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('failed'), PATIENCE);
    expect((await runner.state()).error).toMatchObject({ details: { position: { id: '2' } } });
    expect(await balances()).toEqual({ ada: 1 });
  });

  it('passes over poison where it may, and keeps what it passed over in the model', async () => {
    const on: Methods = {
      paid: async (account, amount, projected) => {
        await paid(account, amount, projected);
        if (amount === 1313) await projected.tx.query('SELECT 1 / 0');
      },
    };
    const { producer, runner, balances } = await scene({ on, onFailure: 'skip' });
    for (const amount of [1, 1313, 2]) await producer.paid('ada', amount);
    runner.start();
    await runner.waitFor((await producer.paid('ada', 3)).position);
    expect(await balances()).toEqual({ ada: 6 });
    expect(await runner.skipped()).toMatchObject([{ position: { id: '2' }, type: 'paid.v1' }]);
  });

  it('cannot use its transaction behind its end', async () => {
    let late: SqlTransaction | undefined;
    const { producer, runner } = await scene({ on: { paid: (_, __, { tx }) => (late = tx) } });
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    await expect(late?.query('SELECT 1')).rejects.toMatchObject({ code: 'EB_CLOSED' });
  });

  it('is run by one of two runners: the older one stops and changes nothing', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow: Methods = {
      paid: async (account, amount, projected) => {
        await held;
        await paid(account, amount, projected);
      },
    };
    const { producer, runner, another, balances } = await scene({ on: slow });
    await runner.init();
    const { position } = await producer.paid('ada', 5);
    runner.start();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('live'), PATIENCE);
    const heir = another({ on: { paid } });
    heir.start();
    await heir.waitFor(position);
    release();
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('replaced'), PATIENCE);
    expect(await balances()).toEqual({ ada: 5 });
  });
});

describe.skipIf(postgresUrl === '')('the making of a model on PostgreSQL', () => {
  it('with swap never lets a reader see none, or a part of one', async () => {
    const { producer, runner, another, admin, schema } = await scene();
    for (let i = 0; i < 50; i += 1) await producer.paid(`account ${i}`, 1);
    await runner.init();
    runner.start();
    const seen = new Set<string>();
    const over = new AbortController();
    const reading = (async () => {
      while (!over.signal.aborted) {
        const { rows } = await admin.query<{ n: string; sum: string }>(
          `SELECT count(*) AS n, sum(balance) AS sum FROM ${schema}.balances`,
        );
        seen.add(`${rows[0]?.n ?? ''} rows, ${rows[0]?.sum ?? ''}`);
      }
    })();
    await vi.waitFor(() => expect(seen.size).toBe(1), PATIENCE);
    const double: Methods = { paid: (account, amount, projected) => paid(account, amount * 2, projected) };
    const next = another({ on: double, version: 2, batchSize: 7 });
    await next.init({ swap: true });
    await next.init({ swap: true });
    over.abort();
    await reading;
    expect([...seen].sort()).toEqual(expect.arrayContaining(['50 rows, 50']));
    expect([...seen].filter((what) => what !== '50 rows, 50' && what !== '50 rows, 100')).toEqual([]);
    await producer.paid('account 1', 1);
    await vi.waitFor(async () => expect((await runner.state()).status).toBe('replaced'), PATIENCE);
    const { rows } = await admin.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE '${schema}~%'`);
    expect(rows).toEqual([]);
    await admin.query(`SELECT * FROM ${schema}.rich`);
  });

  it('is whole after a swap whose reply was lost', async () => {
    const proxy = await FaultProxy.before(postgresUrl);
    const { producer, another, balances } = await scene();
    await producer.paid('ada', 1);
    await another().init();
    const away = another({ through: proxy.url, queryTimeoutMs: 300 });
    let isCut = false;
    const breaking = (): void => {
      if (isCut) return;
      isCut = true;
      proxy.drop('replies');
      setTimeout(() => {
        proxy.pass();
        proxy.cut();
      }, 200);
    };
    await away.init({ swap: true, onProgress: breaking });
    expect(await balances()).toEqual({ ada: 1 });
    await another().init({ swap: true });
    expect(await balances()).toEqual({ ada: 1 });
  });

  it('drops what the projection has made and nothing else', async () => {
    const { producer, runner, admin, schema, balances } = await scene();
    await producer.paid('ada', 1);
    await runner.init();
    await admin.query(`CREATE TABLE ${schema}.of_somebody_else AS SELECT 1 AS one`);
    await runner.init();
    await runner.init({ swap: true });
    expect(await balances()).toEqual({ ada: 1 });
    expect((await admin.query(`SELECT * FROM ${schema}.of_somebody_else`)).rows).toEqual([{ one: 1 }]);
  });

  it('refuses to take away what a view of somebody else needs', async () => {
    const { producer, runner, admin, schema, balances } = await scene();
    await producer.paid('ada', 1);
    await runner.init();
    await admin.query(`CREATE VIEW ${schema}.report AS SELECT account FROM ${schema}.balances`);
    await expect(runner.init({ swap: true })).rejects.toThrow(/depend/);
    expect(await balances()).toEqual({ ada: 1 });
  });
});

interface Given {
  readonly channel?: Channel;
  readonly environment?: string;
  readonly on?: Methods;
  readonly onFailure?: 'stop' | 'skip';
  readonly version?: number;
  readonly batchSize?: number;
  readonly through?: string;
  readonly queryTimeoutMs?: number;
  readonly pool?: pg.Pool;
  /** Goes on from what it remembers after a failure. */
  readonly trustsItself?: LostCommits;
}

/** A projection with a schema of its own. */
async function scene(given: Given = {}) {
  const { channel = memoryChannel(), environment = 'default' } = given;
  const name = `p2_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Pool({ connectionString: postgresUrl, max: 2 });
  onTestFinished(() => admin.end());
  const producer = createProducer(Accounts, { channel, environment, source: 'test' });
  const another = (more: Given = {}) => {
    const { through = postgresUrl, queryTimeoutMs, pool, trustsItself, ...rest } = { ...given, ...more };
    const { on = { paid }, version, batchSize, onFailure } = rest;
    const way = pool ? { pool } : { options: poolOf(through, name), queryTimeoutMs };
    const model = postgresReadModel({ ...way, schema: name });
    if (trustsItself) trustItself(model, trustsItself);
    const projection = defineProjection<Accounts, SqlTransaction>(Accounts, { name: 'balances', on, version, create });
    const runner = new ProjectionRunner({
      ...{ projection, channel, environment, model, batchSize, onFailure, checkEveryMs: 200 },
    });
    onTestFinished(async () => {
      await runner.stop(5_000);
      await model.close();
    });
    return runner;
  };
  const balances = async () => {
    const { rows } = await admin.query<{ account: string; balance: number }>(`SELECT * FROM ${name}.balances`);
    return Object.fromEntries(rows.map(({ account, balance }) => [account, balance]));
  };
  return { producer, another, runner: another(), admin, name, schema: name, balances };
}

/** A pool whose next COMMIT is carried out, and nobody hears of it. */
class LostCommits {
  next = false;
  count = 0;
  readonly pool = new pg.Pool({ connectionString: postgresUrl, max: 3 });

  constructor() {
    onTestFinished(() => this.pool.end());
    this.pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
      client.query = (async (...args: unknown[]) => {
        const result = query(...args);
        if (args[0] !== 'COMMIT' || !this.next) return result;
        await result;
        this.next = false;
        this.count += 1;
        throw new Error('Connection terminated unexpectedly');
      }) as typeof client.query;
    });
  }
}

function trustItself(model: PostgresReadModel, lost: LostCommits): void {
  const [takeFence, save] = [model.takeFence.bind(model), model.save.bind(model)];
  let remembered: SavedCheckpoint | undefined;
  model.save = async (name, next, tx) => {
    await save(name, next, tx);
    if (!lost.next) remembered = next;
  };
  model.takeFence = async (name, holder, again) => {
    const { fence, ...saved } = await takeFence(name, holder, again);
    return again === true && remembered ? { ...remembered, fence } : { ...saved, fence };
  };
}

function poolOf(url: string, name: string): pg.PoolConfig {
  return { connectionString: url, max: 3, application_name: name };
}
