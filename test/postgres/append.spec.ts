import { describe, expect, inject, it, vi } from 'vitest';
import { isBackboneError, type Channel, type Published, type Stream } from 'nest-event-backbone/core';
import { FaultProxy } from '../redis/fault-proxy.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

async function readIds(channel: Channel, stream: Stream): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const events of channel.read({ stream })) ids.push(...events.map(({ message }) => message?.id ?? ''));
  return ids;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  return isBackboneError(error) ? error.code : String(error);
}

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('an append', () => {
  it('may be a plain INSERT of any client: it is handed out, read, and stored once', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const collector = new Collector(channel, sandbox.stream);
    await collector.until(1);
    const fields = { product: '7', plain: 12, face: { $base64: Buffer.from('face').toString('base64') } };
    await sandbox.query(
      `INSERT INTO "${sandbox.table}" (stream, type, key, fields) VALUES ($1, 'packed.v1', 'order', $2)`,
      [sandbox.name, JSON.stringify(fields)],
    );
    const [, delivery] = await collector.until(2);
    const { message, appendedAt } = delivery ?? {};
    expect(message).toMatchObject({ type: 'packed.v1', key: 'order', source: '', headers: {}, personal: [] });
    expect({ ...message?.fields }).toEqual({ product: '7', plain: '12', face: Buffer.from('face') });
    expect(message?.correlationId).toBe(message?.id);
    expect(Math.abs((message?.time ?? 0) - (appendedAt ?? 0))).toBeLessThan(10_000);
    expect(await readIds(channel, sandbox.stream)).toContain(message?.id);
  });

  it("in the caller's transaction is stored with it, or not at all", async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const [kept, gone] = [sampleMessage(), sampleMessage()];
    const client = await sandbox.connect();
    await client.query('BEGIN');
    await channel.publish(sandbox.stream, [gone], { transaction: client });
    await client.query('ROLLBACK');
    await client.query('BEGIN');
    const [published] = await channel.publish(sandbox.stream, [kept], { transaction: client, expected: undefined });
    expect(published?.duplicate).toBe(false);
    const ids = channel.read({ stream: sandbox.stream, ids: [kept.id] });
    for await (const events of ids) expect(events).toEqual([]);
    await client.query('COMMIT');
    expect(await readIds(channel, sandbox.stream)).toEqual([kept.id]);
  });

  it('takes a transaction whose query gives rows, and refuses what has none', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const rows = {
      query: async (text: string, values: unknown[]) => (await sandbox.pool.query<object>(text, values)).rows,
    };
    await channel.publish(sandbox.stream, [sampleMessage()], { transaction: rows });
    expect(await readIds(channel, sandbox.stream)).toHaveLength(1);
    expect(await codeOf(channel.publish(sandbox.stream, [sampleMessage()], { transaction: {} }))).toBe('EB_ARGUMENT');
  });

  it('that fails in a transaction of the caller says so, and a conflict leaves the transaction as it was', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const transaction = await sandbox.connect();
    await transaction.query('BEGIN');
    const conflict = channel.publish(sandbox.stream, [sampleMessage()], { transaction, expected: 3 });
    expect(await codeOf(conflict)).toBe('EB_CONFLICT');
    await channel.publish(sandbox.stream, [sampleMessage()], { transaction, expected: 'none' });
    await transaction.query('SELECT 1 / 0').catch(() => undefined);
    expect(await codeOf(channel.publish(sandbox.stream, [sampleMessage()], { transaction }))).toBe('EB_CHANNEL');
    await transaction.query('ROLLBACK');
    expect(await readIds(channel, sandbox.stream)).toEqual([]);
  });

  it('with an expected version waits for those of its key that are under way, and for no others', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const slow = await sandbox.connect();
    await slow.query('BEGIN');
    await channel.publish(sandbox.stream, [sampleMessage({ key: 'one' })], { transaction: slow });
    await channel.publish(sandbox.stream, [sampleMessage({ key: 'other' })], { expected: 'none' });
    const refused = codeOf(channel.publish(sandbox.stream, [sampleMessage({ key: 'one' })], { expected: 'none' }));
    await vi.waitFor(async () => {
      const sql = `SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%${sandbox.table}_append%'`;
      expect(await sandbox.query(sql)).toHaveLength(1);
    }, PATIENCE_MS);
    await slow.query('COMMIT');
    expect(await refused).toBe('EB_CONFLICT');
  });

  it('counts the events of a key that were trimmed, too', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const of = (count: number) => Array.from({ length: count }, () => sampleMessage({ key: 'one' }));
    await channel.publish(sandbox.stream, of(2));
    await channel.publish(sandbox.stream, of(1), { expected: 2 });
    await channel.publish(sandbox.stream, of(1));
    await channel.admin.trim(sandbox.stream, { keep: 0 });
    expect(await codeOf(channel.publish(sandbox.stream, of(1), { expected: 'none' }))).toBe('EB_CONFLICT');
    await expect(channel.publish(sandbox.stream, of(1), { expected: 4 })).resolves.toHaveLength(1);
    await expect(channel.publish(sandbox.stream, of(1), { expected: 5 })).resolves.toHaveLength(1);
  });

  it('whose confirmation is lost is asked for again, and stored once', async () => {
    const sandbox = new Sandbox(url);
    const proxy = await FaultProxy.before(url);
    // Makes the tables, which may take longer than a reply.
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    const channel = sandbox.open({ url: proxy.url, queryTimeoutMs: 500, publishTimeoutMs: PATIENCE_MS });
    await channel.admin.groups(sandbox.stream);
    proxy.drop('replies');
    const message = sampleMessage();
    const published = channel.publish(sandbox.stream, [message]);
    await proxy.dropped();
    await vi.waitFor(
      async () => expect(await sandbox.query(`SELECT FROM "${sandbox.table}"`)).toHaveLength(2),
      PATIENCE_MS,
    );
    proxy.cut();
    proxy.pass();
    const [stored] = (await published) as [Published];
    expect(stored.duplicate).toBe(true);
    expect(await sandbox.query(`SELECT FROM "${sandbox.table}"`)).toHaveLength(2);
  });

  it('that is never confirmed says that its outcome is unknown, and one that never left that nothing was stored', async () => {
    const sandbox = new Sandbox(url);
    const proxy = await FaultProxy.before(url);
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    const channel = sandbox.open({ url: proxy.url, queryTimeoutMs: 500, publishTimeoutMs: 2_000 });
    await channel.publish(sandbox.stream, [sampleMessage()]);
    proxy.drop('replies');
    expect(await codeOf(channel.publish(sandbox.stream, [sampleMessage()]))).toBe('EB_OUTCOME_UNKNOWN');
    proxy.refuse();
    expect(await codeOf(channel.publish(sandbox.stream, [sampleMessage()]))).toBe('EB_NOT_STORED');
    proxy.pass();
    await expect(channel.publish(sandbox.stream, [sampleMessage()])).resolves.toHaveLength(1);
  });

  it('goes on when the server ends all connections', async () => {
    const sandbox = new Sandbox(url);
    const application_name = sandbox.table;
    const channel = sandbox.open({ url: undefined, options: { connectionString: url, application_name } });
    const collector = new Collector(channel, sandbox.stream);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await collector.until(1);
    const ended = await sandbox.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`,
      [application_name],
    );
    expect(ended.length).toBeGreaterThan(0);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await expect(collector.until(2)).resolves.toHaveLength(2);
  });

  it('is refused in time where there is no free connection, or the server is read-only', async () => {
    const sandbox = new Sandbox(url);
    const options = { connectionString: url, max: 1 };
    await sandbox.open().publish(sandbox.stream, []);
    await sandbox.open().admin.groups(sandbox.stream);
    const readOnly = { connectionString: url, options: '-c default_transaction_read_only=on' };
    const refused = sandbox.open({ url: undefined, options: readOnly, publishTimeoutMs: 500 });
    expect(await codeOf(refused.publish(sandbox.stream, [sampleMessage()]))).toBe('EB_NOT_STORED');
    const small = sandbox.open({ url: undefined, options, publishTimeoutMs: 500 });
    const slow = await sandbox.connect();
    await slow.query('BEGIN');
    await slow.query(`LOCK TABLE "${sandbox.table}"`);
    const calls = [sampleMessage(), sampleMessage({ key: 'x' })].map((message, i) =>
      codeOf(small.publish(sandbox.stream, [message], i === 0 ? {} : { expected: 'none' })),
    );
    for (const code of await Promise.all(calls)) expect(['EB_NOT_STORED', 'EB_OUTCOME_UNKNOWN']).toContain(code);
    await slow.query('ROLLBACK');
  });

  it('that a connection has forgotten how to do, as behind a transaction pooler, is done without preparing it', async () => {
    const sandbox = new Sandbox(url, 1);
    const { pool } = sandbox;
    const channel = sandbox.open({ pool });
    const names = async () =>
      (await sandbox.query<{ name: string }>('SELECT name FROM pg_prepared_statements')).map(({ name }) => name);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    const [before] = await names();
    expect(before).toMatch(/^eb_[0-9a-f]{32}$/);
    await pool.query('DEALLOCATE ALL');
    const [published] = await channel.publish(sandbox.stream, [sampleMessage()]);
    expect(published?.duplicate).toBe(false);
    expect(await names()).toEqual([]);
    expect(await readIds(channel, sandbox.stream)).toHaveLength(2);
  });

  it('that is too large, or holds what no column can, is refused before it is sent, and others go on', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open({ maxWaitingBytes: 2 ** 20 });
    const large = (bytes: number) => sampleMessage({ fields: { text: 'x'.repeat(bytes) } });
    expect(await codeOf(channel.publish(sandbox.stream, [large(65 * 2 ** 20)]))).toBe('EB_TOO_LARGE');
    expect(await codeOf(channel.publish(sandbox.stream, [large(2 * 2 ** 20)]))).toBe('EB_BACKPRESSURE');
    expect(await codeOf(channel.publish(sandbox.stream, [sampleMessage({ key: 'k'.repeat(2_000) })]))).toBe(
      'EB_TOO_LARGE',
    );
    expect(await codeOf(channel.publish(sandbox.stream, [sampleMessage({ key: 'a\0b' })]))).toBe('EB_ARGUMENT');
    await channel.publish(sandbox.stream, [sampleMessage()]);
    expect(await readIds(channel, sandbox.stream)).toHaveLength(1);
  });

  it('that the server refuses takes no other one with it, and its error quotes no value', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await sandbox.query(`ALTER TABLE "${sandbox.table}" ADD CHECK (fields ->> 'sample' <> 'canary-secret')`);
    const good = sampleMessage();
    const bad = channel.publish(sandbox.stream, [sampleMessage({ fields: { sample: 'canary-secret' } })]);
    const both = await Promise.allSettled([bad, channel.publish(sandbox.stream, [good])]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    const reason = both[0].status === 'rejected' ? (both[0].reason as Error) : new Error('none');
    expect(await codeOf(bad)).toBe('EB_CHANNEL');
    expect([String(reason), reason.stack, JSON.stringify(reason), String(reason.cause)].join()).not.toContain('canary');
    expect(await readIds(channel, sandbox.stream)).toContain(good.id);
  });
});
