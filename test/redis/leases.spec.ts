import { describe, expect, it, vi } from 'vitest';
import type { Redis } from 'ioredis';
import type { Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { FaultProxy } from './fault-proxy.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

const GROUP = 'group~0';

describe.skipIf(redisUrl === '')('leases on Redis', () => {
  it('are not overtaken as long as their holder lives, however long it takes', async () => {
    const { url } = await startServer();
    const channel = openChannel({ url, leaseMs: 300 });
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage()]);
    const slow = new Collector(channel, stream, { holds: true });
    await slow.until(1);
    const other = new Collector(openChannel({ url, leaseMs: 300 }), stream);
    await lookedFor(openClient(url), 4);
    expect(other.deliveries).toHaveLength(0);
    expect(slow.lost).toHaveLength(0);
    expect(slow.deliveries).toHaveLength(1);
    expect(await slow.settle(slow.deliveries)).toEqual([]);
  });

  it('of a consumer that is gone are taken over in time', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, leaseMs: 500, claimEveryMs: 250 });
    const heard = new HeardDiagnostics(channel);
    const messages = Array.from({ length: 3 }, () => sampleMessage());
    await channel.publish(stream, messages);
    await readAs('gone', openClient(), stream);
    const began = performance.now();
    const heir = new Collector(channel, stream);
    await heir.until(3);
    expect(performance.now() - began).toBeLessThan(500 + 250 + 1_000 + 500);
    expect(heir.ids).toEqual(messages.map(({ id }) => id));
    expect(heir.deliveries.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2]);
    expect(heard.of('claimed').reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(3);
  });

  it('that were taken over are not won back: the old holder is told, and neither its beat nor its settlement counts', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const stream = freshStream();
    // Long enough that nobody loses it again because the machine stands still for a moment.
    const settings = { leaseMs: 2_000, commandTimeoutMs: 200 };
    const old = new Collector(openChannel({ url: proxy.url, ...settings }), stream, { holds: true, consumer: 'old' });
    const producing = openChannel();
    await producing.publish(stream, [sampleMessage()]);
    await old.until(1);
    proxy.refuse();
    const heir = new Collector(openChannel({ url: redisUrl, ...settings }), stream, { holds: true, consumer: 'heir' });
    await heir.until(1);
    proxy.pass();
    await vi.waitUntil(() => old.lost.length > 0, { timeout: 20_000 });
    expect(old.lost).toEqual(old.deliveries);
    expect(await old.settle(old.deliveries)).toEqual(old.deliveries);
    expect(await ownersOf(openClient(), stream)).toEqual(['heir']);
    expect(await heir.settle(heir.deliveries)).toEqual([]);
    expect(heir.lost).toHaveLength(0);
  });

  it('that were taken over unknown to their holder cannot be settled by it', async () => {
    const stream = freshStream();
    const [client, key] = [openClient(), keyOf(stream)];
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage(), sampleMessage()]);
    const old = new Collector(channel, stream, { holds: true, consumer: 'old' });
    const [taken] = await old.until(2);
    await client.xclaim(key, GROUP, 'heir', 0, taken?.position.id ?? '');
    expect(await old.settle(old.deliveries)).toEqual([taken]);
    expect(old.lost).toEqual([taken]);
    expect(await ownersOf(client, stream)).toEqual(['heir']);
  });

  it('would be won back by a plain claim of the old holder, which is what a beat must not be', async () => {
    const stream = freshStream();
    const [client, key] = [openClient(), keyOf(stream)];
    const [published] = await openChannel().publish(stream, [sampleMessage()]);
    const id = published?.position.id as string;
    await readAs('old', client, stream);
    await client.xclaim(key, GROUP, 'heir', 0, id);
    await client.xclaim(key, GROUP, 'old', 0, id, 'JUSTID');
    expect(await ownersOf(client, stream)).toEqual(['old']);
  });

  it('survive a stall of their own process without a second delivery', async () => {
    const { url } = await startServer();
    const channel = openChannel({ url, leaseMs: 200 });
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage()]);
    const stalled = new Collector(channel, stream, { holds: true });
    await stalled.until(1);
    const end = performance.now() + 600;
    while (performance.now() < end) JSON.stringify(end);
    await lookedFor(openClient(url), 1);
    expect(stalled.deliveries).toHaveLength(1);
    expect(stalled.lost).toHaveLength(0);
    expect(await stalled.settle(stalled.deliveries)).toEqual([]);
  });

  it('that look stale to their own holder, as after a stall, bring no second delivery', async () => {
    const stream = freshStream();
    const client = openClient();
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage()]);
    const holder = new Collector(channel, stream, { holds: true, consumer: 'holder' });
    const [held] = await holder.until(1);
    const staleMs = 10_000_000;
    await client.xclaim(keyOf(stream), GROUP, 'holder', 0, held?.position.id ?? '', 'IDLE', staleMs, 'JUSTID');
    // Its own look at what is stale has found it and made it fresh again.
    await vi.waitFor(async () => {
      const [[, , idle] = []] = (await client.xpending(keyOf(stream), GROUP, '-', '+', 1)) as [
        string,
        string,
        number,
      ][];
      expect(idle).toBeLessThan(staleMs / 2);
    }, 5_000);
    expect(holder.deliveries).toHaveLength(1);
    expect(await holder.settle(holder.deliveries)).toEqual([]);
  });

  it('are given back when their holder closes, for others to take at once', async () => {
    const stream = freshStream();
    const channel = openChannel();
    const messages = Array.from({ length: 3 }, () => sampleMessage());
    await channel.publish(stream, messages);
    const leaving = new Collector(channel, stream, { holds: true });
    await leaving.until(3);
    await leaving.settle(leaving.deliveries.slice(0, 1));
    const heir = new Collector(openChannel(), stream);
    await leaving.subscription.close();
    const began = performance.now();
    await heir.until(2);
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(heir.ids).toEqual(messages.slice(1).map(({ id }) => id));
  });

  it('leave no name behind of a consumer that closed with nothing open, nor of one that vanished', async () => {
    const stream = freshStream();
    const client = openClient();
    const channel = openChannel({ url: redisUrl, leaseMs: 60 });
    await channel.publish(stream, [sampleMessage()]);
    const leaving = new Collector(channel, stream, { consumer: 'leaving' });
    await leaving.until(1);
    await client.xgroup('CREATECONSUMER', keyOf(stream), GROUP, 'vanished');
    expect(await consumersOf(client, stream)).toEqual(['leaving', 'vanished']);
    await vi.waitFor(async () => expect(await ownersOf(client, stream)).toEqual([]));
    await leaving.subscription.close();
    expect(await consumersOf(client, stream)).toEqual(['vanished']);
    new Collector(channel, stream, { consumer: 'staying' });
    await vi.waitFor(async () => expect(await consumersOf(client, stream)).not.toContain('vanished'), 5_000);
  });
});

/** Waits until consumers have looked for what others left behind so many times more. */
async function lookedFor(admin: Redis, times: number): Promise<void> {
  const looked = async () =>
    Number(/^cmdstat_xautoclaim:calls=(\d+)/m.exec(await admin.info('commandstats'))?.[1] ?? 0);
  const before = await looked();
  await vi.waitFor(async () => expect(await looked()).toBeGreaterThanOrEqual(before + times), 15_000);
}

/** Reads everything that is new as a consumer that is never heard of again. */
async function readAs(consumer: string, client: Redis, stream: Stream): Promise<void> {
  const key = keyOf(stream);
  await client.xgroup('CREATE', key, GROUP, '0', 'MKSTREAM');
  await client.xreadgroup('GROUP', GROUP, consumer, 'COUNT', 100, 'STREAMS', key, '>');
}

async function ownersOf(client: Redis, stream: Stream): Promise<readonly string[]> {
  const pending = (await client.xpending(keyOf(stream), GROUP, '-', '+', 100)) as [string, string][];
  return pending.map(([, owner]) => owner);
}

async function consumersOf(client: Redis, stream: Stream): Promise<readonly string[]> {
  const consumers = (await client.xinfo('CONSUMERS', keyOf(stream), GROUP)) as string[][];
  return consumers.map((info) => info[1] as string).sort();
}
