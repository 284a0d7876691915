import { Pool } from 'pg';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { FaultProxy } from '../redis/fault-proxy.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const url = inject('postgresUrl');
const LONG_MS = 3_600_000;
const FLOOD = 20_000;

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('a consumer that waits', () => {
  it.for(['throttled', 'statement'] as const)('is woken by what another process appends: %s', async (notify) => {
    const sandbox = new Sandbox(url);
    const collector = new Collector(sandbox.open({ notify, pollMs: LONG_MS }), sandbox.stream);
    const producer = sandbox.open({ notify });
    for (let i = 1; i <= 3; i += 1) {
      await producer.publish(sandbox.stream, [sampleMessage()]);
      await expect(collector.until(i)).resolves.toHaveLength(i);
    }
  });

  it('finds everything when twenty append at once and few of them tell', async () => {
    const sandbox = new Sandbox(url, 20);
    const channel = sandbox.open({ pollMs: LONG_MS });
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const collector = new Collector(channel, sandbox.stream);
    await collector.until(1);
    await Promise.all(Array.from({ length: 400 }, (_, i) => sandbox.insert(sandbox.pool, `key-${i % 20}`)));
    await expect(collector.until(401)).resolves.toHaveLength(401);
  });

  it('is not kept from its work by a flood of notifications, and looks far less often than it is told', async () => {
    const sandbox = new Sandbox(url);
    const pool = new Pool({ connectionString: url, max: 4 });
    const consumer = sandbox.open({ pool, pollMs: LONG_MS });
    onTestFinished(async () => {
      await consumer.close();
      await pool.end();
    });
    const collector = new Collector(consumer, sandbox.stream);
    const producer = sandbox.open();
    await producer.publish(sandbox.stream, [sampleMessage()]);
    await collector.until(1);
    let statements = 0;
    pool.on('acquire', () => (statements += 1));
    const [listening] = await sandbox.query<{ channel: string }>(
      `SELECT substring(prosrc FROM 'pg_notify\\(''(\\w+)''') AS channel FROM pg_proc WHERE proname = $1`,
      [`${sandbox.table}_inserted`],
    );
    // Of one transaction: what is alike in it is told once.
    const flood = `SELECT pg_notify($1, n::text) FROM generate_series(1, ${FLOOD}) n`;
    await sandbox.query(flood, [listening?.channel]);
    await producer.publish(sandbox.stream, [sampleMessage()]);
    await expect(collector.until(2)).resolves.toHaveLength(2);
    expect(statements).toBeGreaterThan(0);
    expect(statements).toBeLessThan(FLOOD / 20);
    expect(collector.error).toBeUndefined();
  });

  it('finds everything by looking where nobody tells', async () => {
    const sandbox = new Sandbox(url);
    const collector = new Collector(sandbox.open({ notify: 'off', pollMs: 20 }), sandbox.stream);
    const producer = sandbox.open({ notify: 'off' });
    for (let i = 1; i <= 3; i += 1) {
      await producer.publish(sandbox.stream, [sampleMessage()]);
      await collector.until(i);
    }
    const sql = `SELECT prosrc FROM pg_proc WHERE proname = $1`;
    const [trigger] = await sandbox.query<{ prosrc: string }>(sql, [`${sandbox.table}_inserted`]);
    expect(trigger?.prosrc).toContain('pg_advisory_xact_lock_shared');
    expect(trigger?.prosrc).not.toContain('pg_notify');
  });

  it('is woken again after its listening connection was ended', async () => {
    const sandbox = new Sandbox(url);
    const application_name = sandbox.table;
    const channel = sandbox.open({
      ...{ url: undefined, pollMs: LONG_MS },
      options: { connectionString: url, application_name },
    });
    const heard = new HeardDiagnostics(channel);
    const producer = sandbox.open();
    const collector = new Collector(channel, sandbox.stream);
    await producer.publish(sandbox.stream, [sampleMessage()]);
    await collector.until(1);
    const listening = `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'`;
    const [before] = await sandbox.query<{ pid: number }>(listening, [application_name]);
    await sandbox.query('SELECT pg_terminate_backend($1)', [before?.pid]);
    await producer.publish(sandbox.stream, [sampleMessage()]);
    await expect(collector.until(2)).resolves.toHaveLength(2);
    await vi.waitFor(async () => {
      const [now] = await sandbox.query<{ pid: number }>(listening, [application_name]);
      expect(now?.pid).toBeGreaterThan(0);
      expect(now?.pid).not.toBe(before?.pid);
    }, PATIENCE_MS);
    expect(
      heard
        .of('fault')
        .map(({ reason }) => reason)
        .join(),
    ).toContain('notifications are away');
    await producer.publish(sandbox.stream, [sampleMessage()]);
    await expect(collector.until(3)).resolves.toHaveLength(3);
  });

  it('finds what came while the network to it stood still', async () => {
    const sandbox = new Sandbox(url);
    const proxy = await FaultProxy.before(url);
    const channel = sandbox.open({ url: proxy.url, pollMs: 50, queryTimeoutMs: 300 });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const collector = new Collector(channel, sandbox.stream);
    await collector.until(1);
    proxy.freeze();
    await sandbox.insert();
    await vi.waitFor(() => expect(heard.of('fault').length).toBeGreaterThan(0), PATIENCE_MS);
    proxy.cut();
    proxy.pass();
    await expect(collector.until(2)).resolves.toHaveLength(2);
  });

  it('says that nothing is heard where notifications get lost, as behind a transaction pooler, and looks by itself', async () => {
    const sandbox = new Sandbox(url, 3);
    const { pool } = sandbox;
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.05)')));
    // Connections that are made from now on lead to where nothing is told.
    const elsewhere = new URL(url);
    elsewhere.pathname = '/template1';
    pool.options.connectionString = elsewhere.href;
    const channel = sandbox.open({ pool, pollMs: 50, queryTimeoutMs: 200 });
    const heard = new HeardDiagnostics(channel);
    const collector = new Collector(channel, sandbox.stream);
    await collector.until(1);
    await vi.waitFor(() => expect(heard.text).toContain('notifications do not arrive'), PATIENCE_MS);
    await sandbox.open({ url }).publish(sandbox.stream, [sampleMessage()]);
    await expect(collector.until(2)).resolves.toHaveLength(2);
    await channel.close();
    await expect(pool.query('SELECT 1')).resolves.toBeDefined();
  });
});
