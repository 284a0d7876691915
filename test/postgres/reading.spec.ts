import { Pool } from 'pg';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { isBackboneError, type Channel, type ReadEvent, type ReadOptions } from 'nest-event-backbone/core';
import { Collector } from '../redis/collector.js';
import { FaultProxy } from '../redis/fault-proxy.js';
import { sampleMessage } from '../redis/sample-message.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const url = inject('postgresUrl');
/** More than an append is looked for at first. */
const LONG = 25_000;

async function read(channel: Channel, options: ReadOptions): Promise<readonly ReadEvent[]> {
  const all: ReadEvent[] = [];
  for await (const events of channel.read(options)) all.push(...events);
  return all;
}

async function failure(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  return isBackboneError(error) ? error.message : String(error);
}

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('reading', () => {
  it('while the server is away says so, and nothing of storing', async () => {
    const sandbox = new Sandbox(url);
    const { stream } = sandbox;
    await sandbox.open().publish(stream, [sampleMessage()]);
    const proxy = await FaultProxy.before(url);
    const channel = sandbox.open({ url: proxy.url, queryTimeoutMs: 500, publishTimeoutMs: 1_000 });
    const collector = new Collector(channel, stream, { holds: true });
    const held = [...(await collector.until(1))];
    proxy.refuse();
    const calls = [
      read(channel, { stream }),
      collector.settle(held),
      collector.subscription.record(held, 'failure'),
      channel.admin.groups(stream),
      channel.admin.deadLetters.list(stream, 'group'),
      channel.admin.deadLetters.redrive(stream, 'group', ['1']),
    ];
    for (const message of await Promise.all(calls.map(failure))) {
      expect(message).toMatch(/^EB_CHANNEL: .* failed: /);
      expect(message).not.toMatch(/EB_NOT_STORED|EB_OUTCOME_UNKNOWN|stored/);
    }
    expect(await failure(channel.publish(stream, [sampleMessage()]))).toMatch(/^EB_NOT_STORED: nothing was stored: \w/);
    proxy.pass();
    await expect(read(channel, { stream })).resolves.toHaveLength(1);
  });

  it('knows what was erased by name, and nothing of its value', async () => {
    const sandbox = new Sandbox(url);
    const { stream } = sandbox;
    const channel = sandbox.open();
    const fields = { name: '"Ada"', email: '"a@b.c"', product: '7', note: '"x"' };
    const [one, other, whole] = [1, 2, 3].map(() => sampleMessage({ fields, personal: ['name', 'email'] }));
    await channel.publish(
      stream,
      [one, other, whole].flatMap((message) => message ?? []),
    );
    expect(await channel.admin.erase(stream, [one?.id ?? ''])).toBe(1);
    expect(await channel.admin.erase(stream, [other?.id ?? ''], ['email', 'note', 'unknown'])).toBe(1);
    expect(await channel.admin.erase(stream, [other?.id ?? ''], ['email', 'note'])).toBe(0);
    const delivered = await new Collector(channel, stream).until(3);
    for (const events of [await read(channel, { stream }), delivered]) {
      const messages = events.map(({ message }) => message);
      expect(messages.map((message) => [...(message?.erased ?? [])].sort())).toEqual([
        ['email', 'name'],
        ['email', 'note'],
        [],
      ]);
      expect(messages.map((message) => Object.keys(message?.fields ?? {}).sort())).toEqual([
        ['note', 'product'],
        ['name', 'product'],
        ['email', 'name', 'note', 'product'],
      ]);
    }
    const [some] = await read(channel, { stream, fields: ['note', 'name'] });
    expect(some?.message?.erased).toEqual(['name']);
  });

  it('sees a very long transaction as a whole or not at all, also when it ends in the middle of it', async () => {
    const sandbox = new Sandbox(url);
    const { stream, table, name } = sandbox;
    const pool = new Pool({ connectionString: url });
    const channel = sandbox.open({ pool });
    onTestFinished(async () => {
      await channel.close();
      await pool.end();
    });
    await channel.publish(stream, [sampleMessage()]);
    const insert = `INSERT INTO "${table}" (stream, type, key) SELECT $1, 'x.v1', 'long' FROM generate_series(1, ${LONG})`;
    const writer = await sandbox.connect();
    await writer.query('BEGIN');
    await writer.query(insert, [name]);
    let looks = 0;
    pool.on('acquire', () => (looks += 1));
    const reading = read(channel, { stream, fields: [], batchSize: 1_000 });
    // Where it ends is settled by its first look, and it waits for the transaction then.
    await vi.waitUntil(() => looks > 1, { timeout: PATIENCE_MS, interval: 1 });
    await writer.query(insert, [name]);
    await writer.query('COMMIT');
    const long = (events: readonly ReadEvent[]) => events.filter(({ message }) => message?.key === 'long').length;
    expect(long(await reading)).toBe(0);
    expect(long(await read(channel, { stream, fields: [], batchSize: 1_000 }))).toBe(2 * LONG);
  });
});
