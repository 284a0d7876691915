import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startPostgres } from '../../tools/dev-stack/index.mjs';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const WRITERS = 64;
const TRANSACTIONS = 12;

// Without a server the global set-up says why there is none.
describe.skipIf(inject('postgresUrl') === '')('positions', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres({ settings: { max_prepared_transactions: WRITERS, max_connections: WRITERS + 60 } });
  });
  afterAll(() => server.stop());

  /** One transaction of a writer; returns the ids that it committed. */
  async function write(sandbox: Sandbox, client: PoolClient, key: string, name: string): Promise<readonly string[]> {
    await client.query('BEGIN');
    const ids = [await sandbox.insert(client, key)];
    await sleep(randomInt(8));
    if (randomInt(5) === 0) {
      await client.query('SAVEPOINT before');
      await sandbox.insert(client, key);
      await client.query('ROLLBACK TO SAVEPOINT before');
      ids.push(await sandbox.insert(client, key));
    }
    const end = randomInt(10);
    if (end === 0) {
      await client.query('ROLLBACK');
      return [];
    }
    if (end === 1) {
      await client.query(`PREPARE TRANSACTION '${name}'`);
      await sleep(randomInt(8));
      await client.query(`COMMIT PREPARED '${name}'`);
    } else await client.query('COMMIT');
    return ids;
  }

  it('lose nothing and keep the order of keys while 64 writers commit, roll back and prepare, as a naive reader does not', async () => {
    const sandbox = new Sandbox(server.url, WRITERS + 4);
    const channel = sandbox.open({ notify: 'off', pollMs: 20 });
    await channel.publish(sandbox.stream, []);
    await channel.admin.groups(sandbox.stream);
    const collector = new Collector(channel, sandbox.stream, { batchSize: 50 });
    const followed: string[] = [];
    const stop = new AbortController();
    const follows = (async () => {
      const options = { stream: sandbox.stream, follow: stop.signal, batchSize: 50 };
      for await (const events of channel.read(options))
        followed.push(...events.map(({ message }) => message?.id ?? ''));
    })();
    const naive = new Set<string>();
    const naively = (async () => {
      for (let cursor = '0'; !stop.signal.aborted;) {
        await sleep(1);
        const sql = `SELECT position::text, id FROM "${sandbox.table}" WHERE position > $1 ORDER BY position`;
        for (const { position, id } of await sandbox.query<{ position: string; id: string }>(sql, [cursor])) {
          cursor = position;
          naive.add(id);
        }
      }
    })();

    const written = new Map<string, string[]>();
    const writers = Array.from({ length: WRITERS }, async (_, i) => {
      const client = await sandbox.connect();
      const own: string[] = [];
      written.set(`key-${i}`, own);
      for (let n = 0; n < TRANSACTIONS; n += 1) own.push(...(await write(sandbox, client, `key-${i}`, `p-${i}-${n}`)));
    });
    await Promise.all(writers);

    const all = [...written.values()].flat();
    await collector.until(all.length);
    await vi.waitUntil(() => followed.length >= all.length, { timeout: PATIENCE_MS });
    stop.abort();
    await Promise.all([follows, naively]);
    expect(new Set(collector.ids)).toEqual(new Set(all));
    expect(collector.ids).toHaveLength(all.length);
    expect(new Set(followed)).toEqual(new Set(all));
    expect(followed).toHaveLength(all.length);
    for (const [key, ids] of written) {
      const own = collector.deliveries.filter(({ message }) => message?.key === key);
      expect(own.map(({ message }) => message?.id)).toEqual(ids);
    }
    expect(all.filter((id) => !naive.has(id)).length).toBeGreaterThan(0);
  });

  it('are not held back by a transaction that writes elsewhere', async () => {
    const sandbox = new Sandbox(server.url);
    const channel = sandbox.open();
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await sandbox.query(`CREATE TABLE "${sandbox.table}_other" (n int)`);
    const foreign = await sandbox.connect();
    await foreign.query('BEGIN');
    await foreign.query(`INSERT INTO "${sandbox.table}_other" VALUES (1)`);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const collector = new Collector(channel, sandbox.stream);
    await expect(collector.until(2)).resolves.toHaveLength(2);
    await foreign.query('ROLLBACK');
  });

  it('are passed only when those who drew lower ones are done, and then in order', async () => {
    const sandbox = new Sandbox(server.url);
    const channel = sandbox.open({ leaseMs: 500 });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const collector = new Collector(channel, sandbox.stream);
    await collector.until(1);
    const slow = await sandbox.connect();
    await slow.query('BEGIN');
    const early = await sandbox.insert(slow);
    const [late, next] = [sampleMessage(), sampleMessage()];
    await channel.publish(sandbox.stream, [late]);
    const read: (string | undefined)[] = [];
    for await (const events of channel.read({ stream: sandbox.stream })) read.push(...events.map((e) => e.message?.id));
    expect(read).not.toContain(late.id);
    expect(collector.deliveries).toHaveLength(1);
    const { rows } = await slow.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await vi.waitFor(
      () =>
        expect(
          heard
            .of('waiting')
            .map((e) => e.reason)
            .join(),
        ).toContain(`process ${rows[0]?.pid}`),
      PATIENCE_MS,
    );
    await slow.query('COMMIT');
    await channel.publish(sandbox.stream, [next]);
    await collector.until(4);
    expect(collector.ids.slice(1)).toEqual([early, late.id, next.id]);
  });

  it('follow commits where ordering is serial: whoever appends waits for the one before', async () => {
    const sandbox = new Sandbox(server.url);
    const channel = sandbox.open({ ordering: 'serial' });
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const slow = await sandbox.connect();
    await slow.query('BEGIN');
    const early = await sandbox.insert(slow);
    const late = sampleMessage();
    const published = channel.publish(sandbox.stream, [late]);
    await vi.waitFor(async () => {
      const sql = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${sandbox.table}_append%'`;
      expect(await sandbox.query(sql)).toHaveLength(1);
    }, PATIENCE_MS);
    await slow.query('COMMIT');
    await published;
    const sql = `SELECT id FROM "${sandbox.table}" ORDER BY position OFFSET 1`;
    expect((await sandbox.query<{ id: string }>(sql)).map(({ id }) => id)).toEqual([early, late.id]);
  });

  it('grow with the versions of a key, however many append to it', async () => {
    const sandbox = new Sandbox(server.url);
    const channels = [sandbox.open(), sandbox.open()];
    let version = 0;
    const append = async (i: number) => {
      for (let left = 10; left > 0;) {
        const published = channels[i % 2]?.publish(sandbox.stream, [sampleMessage({ key: 'one' })], {
          expected: version,
        });
        const stored = await published?.then(
          () => true,
          () => false,
        );
        if (stored !== true) continue;
        left -= 1;
        version += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, i) => append(i)));
    const sql = `SELECT version FROM "${sandbox.table}" ORDER BY position`;
    const versions = (await sandbox.query<{ version: number }>(sql)).map((row) => row.version);
    expect(versions).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  });
});
