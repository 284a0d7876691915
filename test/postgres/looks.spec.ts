import { Pool } from 'pg';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { Collector } from '../redis/collector.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const url = inject('postgresUrl');
const LONG_MS = 3_600_000;
const EVENTS = 20;

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('a consumer', () => {
  it('looks once for an event that another process appends, not again before and after it', async () => {
    const sandbox = new Sandbox(url);
    const pool = new Pool({ connectionString: url, options: '-c track_functions=all' });
    const consumer = sandbox.open({ pool, pollMs: LONG_MS });
    const producer = sandbox.open();
    await producer.publish(sandbox.stream, [sampleMessage()]);
    const collector = new Collector(consumer, sandbox.stream);
    await collector.until(1);
    for (let i = 2; i <= EVENTS; i += 1) {
      await producer.publish(sandbox.stream, [sampleMessage()]);
      await collector.until(i);
    }
    await consumer.close();
    // A connection that ends tells what it has counted.
    await pool.end();
    const calls = await vi.waitFor(async () => {
      const counted = `SELECT funcname, calls::integer FROM pg_stat_user_functions WHERE starts_with(funcname, $1)`;
      const rows = await sandbox.query<{ funcname: string; calls: number }>(counted, [sandbox.table]);
      const of = Object.fromEntries(rows.map(({ funcname, calls }) => [funcname.slice(sandbox.table.length), calls]));
      expect(of['_settle']).toBeGreaterThanOrEqual(EVENTS);
      return of;
    }, PATIENCE_MS);
    // A few more while it joins its group.
    expect(calls['_read']).toBeGreaterThanOrEqual(EVENTS);
    expect(calls['_read']).toBeLessThan(EVENTS * 1.5 + 5);
    expect(calls['_sample']).toBeLessThan(EVENTS * 1.5 + 10);
  });

  it('settles while a look waits for somebody else', async () => {
    const sandbox = new Sandbox(url);
    const { table, stream } = sandbox;
    const channel = sandbox.open({ pollMs: LONG_MS });
    const collector = new Collector(channel, stream, { holds: true });
    await channel.publish(
      stream,
      Array.from({ length: 64 }, (_, i) => sampleMessage({ key: `key-${i}` })),
    );
    const held = [...(await collector.until(64))];
    const slots = await sandbox.query<{ slot: number; key: string }>(`SELECT slot, key FROM "${table}"`);
    const [taken, other] = [slots[0], slots.find(({ slot }) => slot !== slots[0]?.slot)];
    const blocker = await sandbox.connect();
    await blocker.query('BEGIN');
    await blocker.query(`SELECT FROM "${table}_slots" WHERE slot = $1 FOR UPDATE`, [taken?.slot]);
    await channel.publish(stream, [sampleMessage({ key: taken?.key })]);
    const waits = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"${table}_read"%'`;
    await vi.waitFor(async () => expect(await sandbox.query(waits)).toHaveLength(1), PATIENCE_MS);
    const free = held.filter(({ message }) => message?.key === other?.key);
    await expect(collector.settle(free)).resolves.toEqual([]);
    expect(collector.deliveries).toHaveLength(64);
    await blocker.query('ROLLBACK');
    await collector.until(65);
  });

  it('looks and settles at the same time without waiting for itself, whatever slots are in a batch', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const heard = new HeardDiagnostics(channel);
    const messages = Array.from({ length: 2_000 }, (_, i) => sampleMessage({ key: `key-${(i * 7) % 64}` }));
    const seen: string[] = [];
    const subscription = channel.subscribe({ stream: sandbox.stream, group: 'group', batchSize: 20 });
    onTestFinished(() => subscription.close());
    const settling: Promise<unknown>[] = [];
    for (let i = 0; i < messages.length; i += 100) await channel.publish(sandbox.stream, messages.slice(i, i + 100));
    for await (const { deliveries } of subscription) {
      settling.push(subscription.settle(deliveries.map((delivery) => ({ delivery }))));
      seen.push(...deliveries.map(({ message }) => message?.id ?? ''));
      if (seen.length >= messages.length) break;
    }
    expect((await Promise.all(settling)).flat()).toEqual([]);
    expect(new Set(seen)).toEqual(new Set(messages.map(({ id }) => id)));
    expect((await channel.admin.state(sandbox.stream, 'group'))?.pending).toBe(0);
    expect(heard.of('fault')).toEqual([]);
  });

  it('skips nothing where each transaction has one snapshot for all it does', async () => {
    const sandbox = new Sandbox(url, 12);
    const options = { connectionString: url, options: '-c default_transaction_isolation=repeatable\\ read' };
    const collector = new Collector(sandbox.open({ url: undefined, options }), sandbox.stream, { batchSize: 20 });
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    await collector.until(1);
    const ids = await Promise.all(Array.from({ length: 400 }, (_, i) => sandbox.insert(sandbox.pool, `key-${i % 20}`)));
    await collector.until(401);
    expect(new Set(collector.ids.slice(1))).toEqual(new Set(ids));
    expect(collector.ids).toHaveLength(401);
  });
});

describe.skipIf(url === '')('a read of many pages', () => {
  it('fetches the next one while one is worked on, once a second one was asked for', async () => {
    const sandbox = new Sandbox(url);
    const pool = new Pool({ connectionString: url });
    const channel = sandbox.open({ pool });
    onTestFinished(async () => {
      await channel.close();
      await pool.end();
    });
    await channel.publish(
      sandbox.stream,
      Array.from({ length: 50 }, () => sampleMessage()),
    );
    let statements = 0;
    pool.on('acquire', () => (statements += 1));
    const isAsked = (count: number) =>
      vi.waitUntil(() => statements >= count, { timeout: PATIENCE_MS, interval: 1 }).then(() => statements);
    const reading = channel.read({ stream: sandbox.stream, batchSize: 10 })[Symbol.asyncIterator]();
    await reading.next();
    const first = statements;
    await reading.next();
    await expect(isAsked(first + 2)).resolves.toBe(first + 2);
    await reading.next();
    await expect(isAsked(first + 3)).resolves.toBe(first + 3);
    await reading.return?.();
  });
});
