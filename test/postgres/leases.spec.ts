import { describe, expect, inject, it, vi } from 'vitest';
import { FaultProxy } from '../redis/fault-proxy.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

interface SlotRow {
  readonly owner: string | null;
  readonly count: string;
}

async function owners(sandbox: Sandbox): Promise<Readonly<Record<string, number>>> {
  const sql = `SELECT owner, count(*) AS count FROM "${sandbox.table}_slots" GROUP BY owner`;
  const rows = await sandbox.query<SlotRow>(sql);
  return Object.fromEntries(rows.map(({ owner, count }) => [owner ?? 'nobody', Number(count)]));
}

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('the slots of a group', () => {
  it('are shared evenly by its consumers, and taken over when one leaves', async () => {
    const sandbox = new Sandbox(url);
    const channels = [sandbox.open(), sandbox.open(), sandbox.open()];
    const [a, , c] = channels.map((channel, i) => new Collector(channel, sandbox.stream, { consumer: `c${i}` }));
    await vi.waitFor(async () => expect(await owners(sandbox)).toEqual({ c0: 6, c1: 5, c2: 5 }), PATIENCE_MS);
    await a?.subscription.close();
    await vi.waitFor(async () => expect(await owners(sandbox)).toEqual({ c1: 8, c2: 8 }), PATIENCE_MS);
    await c?.subscription.close();
    await vi.waitFor(async () => expect(await owners(sandbox)).toEqual({ c1: 16 }), PATIENCE_MS);
  });

  it('go to others when their consumer is cut off; it can settle nothing then, and is told', async () => {
    const sandbox = new Sandbox(url);
    const proxy = await FaultProxy.before(url);
    const leaseMs = 600;
    const zombie = new Collector(
      sandbox.open({ url: proxy.url, leaseMs, queryTimeoutMs: 300, publishTimeoutMs: 1_000 }),
      sandbox.stream,
      { holds: true, consumer: 'zombie' },
    );
    const other = sandbox.open({ leaseMs });
    const messages = Array.from({ length: 5 }, (_, i) => sampleMessage({ key: `key-${i}` }));
    await other.publish(sandbox.stream, messages);
    const held = [...(await zombie.until(5))];
    proxy.refuse();
    const heir = new Collector(other, sandbox.stream, { consumer: 'heir' });
    const taken = await heir.until(5);
    expect(new Set(heir.ids)).toEqual(new Set(messages.map(({ id }) => id)));
    expect(taken.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 2, 2]);
    await vi.waitFor(
      async () => expect((await other.admin.state(sandbox.stream, 'group'))?.pending).toBe(0),
      PATIENCE_MS,
    );
    proxy.pass();
    const settled = () => zombie.settle(held).catch(() => undefined);
    await vi.waitFor(async () => expect(await settled()).toEqual(held), PATIENCE_MS);
    expect(zombie.lost).toEqual(held);
  });

  it('keep the order of a key while consumers are killed, and hand out again only what was not settled', async () => {
    const sandbox = new Sandbox(url);
    const producer = sandbox.open({ leaseMs: 500 });
    const messages = Array.from({ length: 60 }, (_, i) => sampleMessage({ key: `key-${i % 4}` }));
    await producer.publish(sandbox.stream, messages);
    const seen: string[] = [];
    for (const count of [7, 13]) {
      const proxy = await FaultProxy.before(url);
      const channel = sandbox.open({ url: proxy.url, leaseMs: 500, queryTimeoutMs: 300, publishTimeoutMs: 500 });
      const doomed = new Collector(channel, sandbox.stream, { holds: true, batchSize: 30 });
      const deliveries = (await doomed.until(30, 10_000)).slice(0, count);
      expect(await doomed.settle(deliveries)).toEqual([]);
      seen.push(...deliveries.map(({ message }) => message?.id ?? ''));
      proxy.refuse();
    }
    const heir = new Collector(producer, sandbox.stream);
    await heir.until(40);
    seen.push(...heir.ids);
    expect(seen).toHaveLength(60);
    for (const key of ['key-0', 'key-1', 'key-2', 'key-3']) {
      const own = messages.filter((message) => message.key === key).map(({ id }) => id);
      expect(seen.filter((id) => own.includes(id))).toEqual(own);
    }
  });

  it('are given back by a consumer whose server has gone back in time', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open({ leaseMs: 900 });
    const heard = new HeardDiagnostics(channel);
    const collector = new Collector(channel, sandbox.stream, { holds: true });
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await collector.until(1);
    // As after a failover to a server that had not heard of what was handed out.
    await sandbox.query(`UPDATE "${sandbox.table}_slots" SET delivered = 0`);
    await expect(collector.until(2)).resolves.toHaveLength(2);
    expect(collector.lost).toHaveLength(1);
    expect(heard.of('leaseLost')).toHaveLength(1);
  });

  it.for([
    ['is another one', `UPDATE "TABLE" SET id = 'another' WHERE position = 2`],
    ['is not there', `DELETE FROM "TABLE" WHERE position = 2`],
  ] as const)('stop their group when the event at the checkpoint %s, until it is reset', async ([, change]) => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const message = () => sampleMessage({ key: 'one' });
    await channel.publish(sandbox.stream, [message(), message()]);
    const before = new Collector(channel, sandbox.stream);
    await before.until(2);
    await vi.waitFor(
      async () => expect((await channel.admin.state(sandbox.stream, 'group'))?.pending).toBe(0),
      PATIENCE_MS,
    );
    await before.subscription.close();
    await sandbox.query(change.replace('TABLE', sandbox.table));
    const stopped = new Collector(channel, sandbox.stream);
    await vi.waitFor(() => expect(String(stopped.error)).toContain('EB_DIVERGED'), PATIENCE_MS);
    await stopped.subscription.close();
    await channel.admin.reset(sandbox.stream, 'group', 'end');
    const after = new Collector(channel, sandbox.stream);
    const last = message();
    await channel.publish(sandbox.stream, [last]);
    await after.until(1);
    expect(after.ids).toEqual([last.id]);
    expect(after.error).toBeUndefined();
  });

  it('do not stop when the event at the checkpoint was trimmed', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    await channel.publish(sandbox.stream, [sampleMessage(), sampleMessage()]);
    const before = new Collector(channel, sandbox.stream);
    await before.until(2);
    await vi.waitFor(
      async () => expect(await channel.admin.trim(sandbox.stream, { keep: 0 })).toBeGreaterThan(0),
      PATIENCE_MS,
    );
    await before.subscription.close();
    await sandbox.query(`DELETE FROM "${sandbox.table}_trimmed"`);
    const after = new Collector(channel, sandbox.stream);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await after.until(1);
    expect(after.error).toBeUndefined();
  });
});
