import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisChannelOptions } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { roundTrip } from './round-trip.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';
import { storedIds } from './stored-messages.js';

describe.skipIf(redisUrl === '')('the ways to Redis', () => {
  it('may be the options of the client', async () => {
    const { hostname, port } = new URL(redisUrl);
    const stream = await roundTrip(openChannel({ options: { host: hostname, port: Number(port) } }));
    expect(await storedIds(stream)).toHaveLength(3);
  });

  it('may be a url with options beside it, and the channel decides about retries whatever they say', async () => {
    const options = {
      ...{ autoResendUnfulfilledCommands: true, enableOfflineQueue: true, maxRetriesPerRequest: 20 },
      ...{ commandTimeout: 1, socketTimeout: 500, lazyConnect: true, stringNumbers: true, enableAutoPipelining: true },
      ...{ connectionName: 'named' },
      retryStrategy: () => null,
    };
    const stream = await roundTrip(openChannel({ url: redisUrl, options }));
    expect(await openClient().client('LIST')).toContain('name=named');
    expect(await storedIds(stream)).toHaveLength(3);
  });

  it.for<[string, () => Redis | Redis<'resp3'>]>([
    ['an ordinary one', () => openClient()],
    ['one that speaks RESP2', () => openClient(redisUrl, { protocol: 2 })],
    ['one with replies in the shapes of RESP3', () => resp3Client()],
    ['one that waits for its first command', () => openClient(redisUrl, { lazyConnect: true })],
    ['one without a queue', () => openClient(redisUrl, { enableOfflineQueue: false })],
    ['one that is subscribed to something', () => subscribedClient()],
  ])('may be an existing client, %s, which stays open and as it is', async ([, open]) => {
    const client = open();
    const settings = { ...client.options };
    const channel = openChannel({ client });
    await roundTrip(channel);
    await channel.close();
    expect(client.status).not.toBe('end');
    expect(client.options).toEqual(settings);
    const other = client.duplicate({ lazyConnect: false, enableOfflineQueue: true });
    onTestFinished(() => other.disconnect());
    expect(await other.ping()).toBe('PONG');
  });

  it('keep the key prefix of an existing client before their own', async () => {
    const channel = openChannel({ client: openClient(redisUrl, { keyPrefix: 'tenant:' }), prefix: 'events' });
    const stream = await roundTrip(channel);
    const found = await openClient().keys(`*${stream.contract}*`);
    expect(found.length).toBeGreaterThan(6);
    const start = `tenant:${keyOf(stream, '', 'events')}`;
    expect(found.filter((key) => !key.startsWith(start) || key.includes(':staged:'))).toEqual([]);
  });

  it('separate channels by prefix and by database number', async () => {
    const stream = freshStream();
    const url = new URL(redisUrl);
    url.pathname = '/3';
    const ways: readonly RedisChannelOptions[] = [
      { url: redisUrl },
      { url: redisUrl, prefix: 'other' },
      { url: url.href },
      { url: redisUrl, options: { db: 4 } },
    ];
    for (const options of ways) await openChannel(options).publish(stream, [sampleMessage()]);
    for (const options of ways) expect(await storedIds(stream, options)).toHaveLength(1);
    expect(await openClient(url.href).exists(keyOf(stream))).toBe(1);
  });

  it('do not lead to another database than the one that was asked for', async () => {
    const { url } = await startServer({ args: ['--databases', '2'] });
    const channel = openChannel({ url: `${url}/7`, publishTimeoutMs: 500 });
    const heard = new HeardDiagnostics(channel);
    await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    expect(heard.of('waiting')[0]?.reason).toContain('DB index is out of range');
    expect(await openClient(url).dbsize()).toBe(0);
  });

  it('say that they wait when the password is wrong, and work once it is right', async () => {
    const { url } = await startServer({ args: ['--requirepass', 'right'] });
    const channel = openChannel({ url: url.replace('//', '//:wrong-secret@') });
    const heard = new HeardDiagnostics(channel);
    const appended = channel.publish(freshStream(), [sampleMessage()]);
    await vi.waitUntil(() => heard.of('waiting').length >= 2, { timeout: 5_000 });
    expect(heard.of('waiting')[0]?.reason).toContain('WRONGPASS');
    expect(heard.text).not.toContain('wrong-secret');
    await openClient(url.replace('//', '//:right@')).config('SET', 'requirepass', 'wrong-secret');
    await appended;
  });

  it('warn about a server that may drop events without a word', async () => {
    const { url } = await startServer({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    const channel = openChannel({ url });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(freshStream(), [sampleMessage()]);
    await vi.waitUntil(() => heard.of('fault').length > 0);
    expect(heard.of('fault')[0]?.reason).toContain('allkeys-lru');
  });

  it('leave no connection behind when the channel closes', async () => {
    const { url } = await startServer();
    const admin = openClient(url);
    const channel = openChannel({ url });
    const stream = freshStream();
    const collectors = [1, 2, 3].map(() => new Collector(channel, stream));
    await channel.publish(stream, [sampleMessage(), largeMessage()]);
    await vi.waitUntil(() => collectors.reduce((sum, { deliveries }) => sum + deliveries.length, 0) === 2);
    expect(await connectionsOf(admin)).toBe(5);
    await channel.close();
    await vi.waitFor(async () => expect(await connectionsOf(admin)).toBe(1));
  });

  it('are not taken before anything is asked of them, and not at all by a channel that is closed', async () => {
    const { url } = await startServer();
    const admin = openClient(url);
    const channel = openChannel({ url });
    const subscription = channel.subscribe({ stream: freshStream(), group: 'group' });
    expect(await connectionsOf(admin)).toBe(1);
    await subscription.close();
    await channel.close();
    await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_CLOSED' });
    await expect(channel.admin.groups(freshStream())).rejects.toMatchObject({ code: 'EB_CLOSED' });
    expect(() => channel.read({ stream: freshStream() })).toThrow(expect.objectContaining({ code: 'EB_CLOSED' }));
    expect(() => channel.subscribe({ stream: freshStream(), group: 'group' })).toThrow(
      expect.objectContaining({ code: 'EB_CLOSED' }),
    );
    expect(await connectionsOf(admin)).toBe(1);
  });
});

function resp3Client(): Redis<'resp3'> {
  const client = new Redis(redisUrl, { protocol: 3, replyMapping: 'resp3' });
  onTestFinished(() => client.disconnect());
  return client;
}

function subscribedClient(): Redis {
  const client = openClient(redisUrl, { protocol: 2 });
  // The test may be over, and the client gone, before it is answered.
  client.subscribe('news').catch(() => undefined);
  return client;
}

async function connectionsOf(admin: Redis): Promise<number> {
  return String(await admin.client('LIST'))
    .trim()
    .split('\n').length;
}
