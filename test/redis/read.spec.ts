import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Redis } from 'ioredis';
import type { Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { FaultProxy } from './fault-proxy.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

describe.skipIf(redisUrl === '')('reading from Redis', () => {
  it('gets an event whose delivery was lost on the way once more after the reconnect, and only once', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const stream = freshStream();
    const collector = new Collector(openChannel({ url: proxy.url }), stream);
    const [first, second] = [sampleMessage(), sampleMessage()];
    const producing = openChannel();
    await producing.publish(stream, [first]);
    await collector.until(1);
    await vi.waitFor(async () => expect(await pendingOf(openClient(), stream)).toBe(0));
    proxy.drop('replies');
    await producing.publish(stream, [second]);
    await vi.waitFor(async () => expect(await pendingOf(openClient(), stream)).toBe(1), 5_000);
    proxy.pass();
    proxy.cut();
    await collector.until(2);
    expect(collector.ids).toEqual([first.id, second.id]);
    expect(collector.deliveries[1]?.deliveries).toBe(2);
    await vi.waitFor(async () => expect(await pendingOf(openClient(), stream)).toBe(0));
    expect(collector.ids).toHaveLength(2);
  });

  it('gets over a connection that died without a word', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const channel = openChannel({ url: proxy.url, commandTimeoutMs: 300 });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream);
    const producing = openChannel();
    await producing.publish(stream, [sampleMessage()]);
    await collector.until(1);
    await vi.waitFor(async () => expect(await pendingOf(openClient(), stream)).toBe(0));
    proxy.freeze();
    await producing.publish(stream, [sampleMessage()]);
    // The reader gives up on its reply, and on the connection it did not come on.
    await vi.waitUntil(() => heard.of('fault').length > 0, { timeout: 10_000 });
    proxy.pass();
    await collector.until(2);
    expect(heard.of('groupRecreated')).toHaveLength(0);
  });

  it.for(faults())('goes on after %s while a read is blocked', async ([, { fault, comesToo }]) => {
    const { server, channel, stream, heard, collector } = await consumedThree();
    const admin = openClient(server.url);
    await fault(admin, stream);
    await vi.waitUntil(() => heard.of('groupRecreated').length > 0, { timeout: 5_000 });
    const later = [sampleMessage(), sampleMessage()];
    await channel.publish(stream, later);
    await collector.until(5 + comesToo);
    expect(collector.ids.slice(3).filter((id) => id !== 'malformed')).toEqual(later.map(({ id }) => id));
    expect(collector.deliveries).toHaveLength(5 + comesToo);
    expect(heard.of('groupRecreated')).toHaveLength(1);
    expect(heard.of('fault').length).toBeLessThanOrEqual(2);
  });

  it('begins a lost group again at what was not settled, and not before', async () => {
    const server = await startServer();
    const channel = openChannel({ url: server.url });
    const stream = freshStream();
    const heard = new HeardDiagnostics(channel);
    const messages = Array.from({ length: 6 }, () => sampleMessage());
    await channel.publish(stream, messages);
    const collector = new Collector(channel, stream, { holds: true });
    await collector.until(6);
    // The first two and the fourth are done; the third is the lowest one open.
    const { deliveries } = collector;
    await collector.settle([...deliveries.slice(0, 2), ...deliveries.slice(3, 4)]);
    await openClient(server.url).xgroup('DESTROY', keyOf(stream), 'group~0');
    await collector.until(10);
    expect(collector.ids.slice(6)).toEqual(messages.slice(2).map(({ id }) => id));
    expect(heard.of('groupRecreated')).toHaveLength(1);
    // Of the group that was, nothing can be settled any more; of the new one everything.
    expect(collector.lost.map(({ message }) => message?.id)).toEqual([2, 4, 5].map((i) => messages[i]?.id));
    expect(await collector.settle(collector.deliveries.slice(2, 3))).toHaveLength(1);
    expect(await collector.settle(collector.deliveries.slice(6))).toEqual([]);
  });

  it('misses no event that arrives between the loss of everything and its own return', async () => {
    const server = await startServer();
    const channel = openChannel({ url: server.url });
    const stream = freshStream();
    const heard = new HeardDiagnostics(channel);
    const collector = new Collector(channel, stream, { from: 'end' });
    await vi.waitUntil(() => heard.of('groupCreated').length > 0);
    const entry = JSON.stringify({ id: 'between', type: 'sampleTaken.v1', time: new Date().toISOString() });
    await openClient(server.url).multi().flushall().xadd(keyOf(stream), '*', 'eb1', entry).exec();
    await collector.until(1);
    expect(collector.ids).toEqual(['between']);
    expect(heard.of('groupRecreated')).toHaveLength(1);
  });

  it('ends with an error when something else stands where the stream should be', async () => {
    const { server, stream, heard, collector } = await consumedThree();
    await openClient(server.url).multi().del(keyOf(stream)).set(keyOf(stream), 'mine').exec();
    await vi.waitUntil(() => collector.error !== undefined, { timeout: 5_000 });
    expect(collector.error).toMatchObject({
      code: 'EB_CHANNEL',
      message: expect.stringContaining('WRONGTYPE') as string,
    });
    expect(heard.of('fault').length).toBeLessThanOrEqual(1);
  });

  it.for(['its own name', 'another consumer'])(
    'reports events that were removed before they were handled, pending for %s, and goes on',
    async (owner) => {
      const stream = freshStream();
      const channel = openChannel({ url: redisUrl, leaseMs: 150 });
      const heard = new HeardDiagnostics(channel);
      const messages = [sampleMessage(), sampleMessage(), sampleMessage()];
      const [first] = await channel.publish(stream, messages);
      const client = openClient();
      const [key, name] = [keyOf(stream), owner === 'its own name' ? 'me' : 'gone'];
      await client.xgroup('CREATE', key, 'group~0', '0');
      await client.xreadgroup('GROUP', 'group~0', name, 'COUNT', 2, 'STREAMS', key, '>');
      await client.xdel(key, first?.position.id ?? '');
      const collector = new Collector(channel, stream, { consumer: 'me' });
      await collector.until(2);
      expect([...collector.ids].sort()).toEqual(
        messages
          .slice(1)
          .map(({ id }) => id)
          .sort(),
      );
      expect(heard.of('lostToTrim')).toMatchObject([{ count: 1, group: 'group', stream }]);
      await vi.waitFor(async () => expect(await pendingOf(client, stream)).toBe(0));
    },
  );

  it('asks less and less often while the server refuses, spends no attempt on that, and then goes on', async () => {
    const server = await startServer({ args: ['--save', '3600 1'] });
    const admin = openClient(server.url);
    const channel = openChannel({ url: server.url });
    const stream = freshStream();
    const heard = new HeardDiagnostics(channel);
    const collector = new Collector(channel, stream);
    await channel.publish(stream, [sampleMessage()]);
    await collector.until(1);
    await mkdir(join(server.dir, 'dump.rdb'));
    await saved(admin, 'err');
    const began = performance.now();
    await vi.waitUntil(() => heard.of('fault').length >= 4, { timeout: 10_000, interval: 5 });
    // The pauses before them: at least 25, 50 and 100 ms.
    expect(performance.now() - began).toBeGreaterThan(150);
    expect(heard.of('fault')[0]?.reason).toContain('MISCONF');
    const waiting = channel.publish(stream, [sampleMessage()]);
    await rmdir(join(server.dir, 'dump.rdb'));
    await saved(admin, 'ok');
    await waiting;
    await collector.until(2);
    expect(collector.deliveries.map(({ deliveries }) => deliveries)).toEqual([1, 1]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 0 });
  });
});

interface Fault {
  readonly fault: (admin: Redis, stream: Stream) => Promise<unknown>;
  /** How many entries the fault itself adds. */
  readonly comesToo: number;
}

function faults(): readonly (readonly [string, Fault])[] {
  return [
    ['FLUSHALL', { comesToo: 0, fault: (admin) => admin.flushall() }],
    ['DEL', { comesToo: 0, fault: (admin, stream) => admin.del(keyOf(stream)) }],
    ['XGROUP DESTROY', { comesToo: 0, fault: (admin, stream) => admin.xgroup('DESTROY', keyOf(stream), 'group~0') }],
    [
      'DEL and XADD',
      {
        comesToo: 1,
        fault: (admin, stream) => admin.multi().del(keyOf(stream)).xadd(keyOf(stream), '*', 'a', 'b').exec(),
      },
    ],
    [
      'DEL and XADD on a server whose clock is behind',
      {
        comesToo: 1,
        fault: (admin, stream) => admin.multi().del(keyOf(stream)).xadd(keyOf(stream), '5-1', 'a', 'b').exec(),
      },
    ],
  ];
}

async function consumedThree() {
  const server = await startServer();
  const channel = openChannel({ url: server.url });
  const stream = freshStream();
  const heard = new HeardDiagnostics(channel);
  const collector = new Collector(channel, stream);
  await channel.publish(stream, [sampleMessage(), sampleMessage(), sampleMessage()]);
  await collector.until(3);
  const admin = openClient(server.url);
  await vi.waitFor(async () => expect(await blockedClients(admin)).toBe(1));
  return { server, channel, stream, heard, collector };
}

/** Has the server write its data to disk, with this outcome; after a failure it takes no writes until it has worked. */
async function saved(admin: Redis, outcome: 'ok' | 'err'): Promise<void> {
  await admin.bgsave();
  const text = `rdb_last_bgsave_status:${outcome}`;
  await vi.waitFor(async () => expect(await admin.info('persistence')).toContain(text), 5_000);
}

async function blockedClients(admin: Redis): Promise<number> {
  return Number(/^blocked_clients:(\d+)/m.exec(await admin.info('clients'))?.[1]);
}

async function pendingOf(client: Redis, stream: Stream): Promise<number> {
  const [pending] = (await client.xpending(keyOf(stream), 'group~0')) as [number];
  return pending;
}
