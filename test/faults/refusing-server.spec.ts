import type { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { Collector } from '../redis/collector.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { startServer } from '../redis/start-server.js';
import { startConsumer } from './sample-consumer.js';
import { storedEvents } from './stored-events.js';

describe.skipIf(redisUrl === '')('a Redis that', () => {
  it('has no room for another client is waited for, and used once it has', async () => {
    const { url } = await startServer();
    const admin = openClient(url);
    await admin.config('SET', 'maxclients', '1');
    const channel = openChannel({ url });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream);
    const message = sampleMessage();
    const appended = channel.publish(stream, [message]);
    await vi.waitUntil(() => heard.of('waiting').length >= 2, { timeout: 5_000 });
    await admin.config('SET', 'maxclients', '100');
    await appended;
    await collector.until(1);
    expect(collector.ids).toEqual([message.id]);
  });

  it('gets another password meanwhile is waited for, and no password is told to anybody', async () => {
    const [old, next] = ['old-secret', 'next-secret'];
    const { url } = await startServer({ args: ['--requirepass', old] });
    const [urlOld, urlNext] = [old, next].map((password) => url.replace('//', `//:${password}@`)) as [string, string];
    const channel = openChannel({ url: urlOld });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream);
    const messages = [sampleMessage(), sampleMessage()];
    await channel.publish(stream, messages.slice(0, 1));
    await collector.until(1);
    await rotate(openClient(urlOld), next);
    const appended = channel.publish(stream, messages.slice(1));
    await vi.waitUntil(() => heard.of('waiting').some(({ reason }) => reason?.includes('WRONGPASS')), {
      timeout: 5_000,
    });
    await rotate(openClient(urlNext), old);
    await appended;
    await collector.until(2);
    expect(collector.ids).toEqual(messages.map(({ id }) => id));
    expect(heard.text).not.toMatch(/secret/);
  });

  it('forgets its scripts again and again is not noticed by anyone', async () => {
    const [history, stream, client] = [new History(), freshStream(), openClient()];
    const channel = recordedChannel(openChannel({ url: redisUrl, leaseMs: 300 }), history);
    startConsumer(channel, stream, () => undefined);
    for (let i = 0; i < 30; i += 1) {
      await client.script('FLUSH');
      await channel.publish(stream, [sampleMessage()]);
    }
    await vi.waitFor(async () => {
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 });
    }, 5_000);
    const stored = await storedEvents(stream, redisUrl);
    expect(checkHistory(history.records, { stored })).toMatchObject({ appended: 30, deliveries: 30, failures: [] });
  });

  it('holds an entry from the future keeps the order of what comes after', async () => {
    const [history, stream, client] = [new History(), freshStream(), openClient()];
    const channel = recordedChannel(openChannel(), history);
    const messages = Array.from({ length: 6 }, () => sampleMessage({ key: 'one' }));
    for (const message of messages.slice(0, 3)) await channel.publish(stream, [message]);
    await client.xadd(keyOf(stream), `${Date.now() + 3_600_000}-0`, 'a', 'b');
    for (const message of messages.slice(3)) await channel.publish(stream, [message]);
    const collector = new Collector(channel, stream);
    await collector.until(7);
    const ids = messages.map(({ id }) => id);
    expect(collector.ids.filter((id) => id !== 'malformed')).toEqual(ids);
    expect(checkHistory(history.records, { order: 'group' }).failures).toEqual([]);
  });

  it('sets its clock ahead hands out no event more than once more, and ends none for its new owner', async () => {
    const [history, stream, client] = [new History(), freshStream(), openClient()];
    const open = () => recordedChannel(openChannel(), history);
    const channel = open();
    await channel.publish(
      stream,
      Array.from({ length: 10 }, () => sampleMessage()),
    );
    const holder = new Collector(channel, stream, { holds: true, consumer: 'holder' });
    await holder.until(10);
    // To the server, an hour without a sign of life is an hour on its clock.
    const ids = holder.deliveries.map(({ position }) => position.id);
    await client.xclaim(keyOf(stream), 'group~0', 'holder', 0, ...ids, 'IDLE', 7_200_000, 'JUSTID');
    const other = new Collector(open(), stream, { holds: true, consumer: 'other' });
    await other.until(10, 5_000).catch(() => other.deliveries);
    const [lost, kept] = [await holder.settle(holder.deliveries), await other.settle(other.deliveries)];
    expect(lost.length + kept.length).toBe(other.deliveries.length);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 }));
    const report = checkHistory(history.records, { groups: ['group'], order: 'none' });
    expect(report).toMatchObject({ settlements: 10, failures: [] });
    expect(report.redeliveries).toBeLessThanOrEqual(10);
  });
});

async function rotate(admin: Redis, password: string): Promise<void> {
  await admin.config('SET', 'requirepass', password);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  admin.disconnect();
}
