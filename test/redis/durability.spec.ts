import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fsynced, replicated } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { roundTrip } from './round-trip.js';
import { sampleMessage } from './sample-message.js';
import { startCluster } from './start-cluster.js';
import { startReplica } from './start-replica.js';
import { startServer } from './start-server.js';
import { storedIds } from './stored-messages.js';

const AOF = ['--appendonly', 'yes', '--appendfsync'];

describe.skipIf(redisUrl === '')("durability 'aof'", () => {
  it('appends to a server with AOF', async () => {
    const { url } = await startServer({ args: [...AOF, 'everysec'] });
    const stream = await roundTrip(openChannel({ url, durability: 'aof' }));
    expect(await storedIds(stream, { url })).toHaveLength(3);
  });

  it('refuses appends where AOF is off, stores nothing, and goes on once it is on', async () => {
    const { url } = await startServer();
    const channel = openChannel({ url, durability: 'aof' });
    const stream = freshStream();
    const refused = await Promise.allSettled([1, 2].map(() => channel.publish(stream, [sampleMessage()])));
    const refusal = { code: 'EB_CHANNEL', message: expect.stringContaining('set appendonly yes') as string };
    expect(refused).toMatchObject([{ reason: refusal }, { reason: refusal }]);
    expect(await storedIds(stream, { url })).toEqual([]);
    const client = openClient(url);
    await client.config('SET', 'appendonly', 'yes');
    await channel.publish(stream, [sampleMessage()]);
    expect(await storedIds(stream, { url })).toHaveLength(1);
    // While it writes its first AOF the server does not end.
    await vi.waitFor(
      async () => expect(await client.info('persistence')).toContain('aof_rewrite_in_progress:0'),
      5_000,
    );
  });

  it('asks every node of a cluster', async () => {
    const { clients, nodes, stop } = await startCluster();
    onTestFinished(stop);
    const channel = openChannel({ cluster: { nodes }, durability: 'aof' });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const [first, ...others] = clients;
    for (const client of others) await client.config('SET', 'appendonly', 'yes');
    await expect(channel.publish(stream, [sampleMessage()])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await first?.config('SET', 'appendonly', 'yes');
    await expect(channel.publish(stream, [sampleMessage()])).resolves.toMatchObject([{ duplicate: false }]);
    await vi.waitUntil(() => heard.of('durability').length > 0);
    for (const client of clients) {
      await vi.waitFor(
        async () => expect(await client.info('persistence')).toContain('aof_rewrite_in_progress:0'),
        5_000,
      );
    }
  });

  it('looks again when the server behind the address is another one', async () => {
    const first = await startServer({ args: [...AOF, 'always'] });
    const channel = openChannel({ url: first.url, durability: 'aof' });
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage()]);
    await first.kill();
    await startServer({ port: first.port });
    await expect(channel.publish(stream, [sampleMessage()])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    expect(await storedIds(stream, { url: first.url })).toEqual([]);
  });

  it('says that it cannot tell, and goes on, where INFO may not be read', async () => {
    const { url } = await startServer();
    await openClient(url).acl('SETUSER', 'blind', 'on', '>word', '~*', '+@all', '-info', '-config');
    const channel = openChannel({
      url: url.replace('//', '//blind:word@'),
      options: { enableReadyCheck: false },
      durability: 'aof',
    });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(freshStream(), [sampleMessage()]);
    await vi.waitUntil(() => heard.of('durability').length > 0);
    expect(heard.of('durability')[0]?.reason).toContain('may not ask');
  });
});

describe.skipIf(redisUrl === '')('durability replicated()', () => {
  it('does everything that a channel does', async () => {
    const { primary, replica, caughtUp } = await startReplica();
    const stream = await roundTrip(openChannel({ url: primary.url, durability: replicated({ min: 1 }) }));
    await caughtUp();
    expect(await openClient(replica.url).xlen(keyOf(stream))).toBe(3);
  });

  it('leaves nothing behind that stays', async () => {
    const { primary } = await startReplica();
    const stream = freshStream();
    const message = sampleMessage();
    await openChannel({ url: primary.url, durability: replicated({ min: 1 }) }).publish(stream, [message]);
    const client = openClient(primary.url);
    const lasting: string[] = [];
    for (const key of await client.keys('*')) if ((await client.pttl(key)) < 0) lasting.push(key);
    expect(lasting.sort()).toEqual([keyOf(stream, `event:${message.id}`), keyOf(stream)]);
  });

  it('keeps the order of appends that wait together and one after the other', async () => {
    const { primary } = await startReplica();
    const channel = openChannel({ url: primary.url, durability: replicated({ min: 1 }) });
    const stream = freshStream();
    const published: Promise<unknown>[] = [];
    const ids: string[] = [];
    for (let i = 0; i < 500; i += 1) {
      const message = sampleMessage({ id: `${i}-${randomUUID()}` });
      ids.push(message.id);
      published.push(channel.publish(stream, [message]));
      if (i % 7 === 0) await Promise.race(published.slice(-1));
    }
    await Promise.all(published);
    expect(await storedIds(stream, { url: primary.url })).toEqual(ids);
  });

  it('does not hold up what else the channel does while an append waits for a replica that does not come', async () => {
    const { url } = await startServer();
    const timeoutMs = 20_000;
    const durability = replicated({ min: 1, timeoutMs });
    const stream = freshStream();
    await openChannel({ url }).publish(stream, [sampleMessage()]);
    const channel = openChannel({ url, durability, publishTimeoutMs: timeoutMs, commandTimeoutMs: 5_000 });
    const client = openClient(url);
    const collector = new Collector(channel, stream, { holds: true });
    await collector.until(1);
    const waiting = channel.publish(stream, [sampleMessage()]);
    waiting.catch(() => undefined);
    await collector.until(2);
    const isWaiting = async () => expect(String(await client.client('LIST'))).toContain('cmd=wait');
    await vi.waitFor(isWaiting);
    expect(await collector.settle(collector.deliveries)).toEqual([]);
    await isWaiting();
    // The append is let go by a replica.
    await openClient(url).config('SET', 'repl-diskless-sync-delay', '0');
    await startServer({ args: ['--replicaof', '127.0.0.1', new URL(url).port] });
    await waiting;
  });

  it('refuses appends of a user who may not wait', async () => {
    const { url } = await startServer();
    await openClient(url).acl('SETUSER', 'hasty', 'on', '>word', '~*', '+@all', '-wait');
    const settings = { url: url.replace('//', '//hasty:word@'), durability: replicated({ min: 1 }) };
    const stream = freshStream();
    await expect(openChannel(settings).publish(stream, [sampleMessage()])).rejects.toMatchObject({
      code: 'EB_CHANNEL',
    });
    expect(await storedIds(stream, { url })).toEqual([]);
  });
});

describe.skipIf(redisUrl === '')('durability fsynced()', () => {
  it('refuses appends where the server cannot do it, with what to do instead, and stores nothing', async () => {
    const { url, binary } = await startServer({ args: [...AOF, 'everysec'] });
    const channel = openChannel({ url, durability: fsynced() });
    const stream = freshStream();
    const canWait = Number.parseFloat(binary.version) >= 7.2;
    const outcome = channel.publish(stream, [sampleMessage()]).then(
      () => 'stored',
      (error: unknown) => String(error),
    );
    const refusal = /EB_UNSUPPORTED: .* use Redis 7.2 or newer, or replicated\(\)/;
    expect(await outcome).toMatch(canWait ? /^stored$/ : refusal);
    expect(await storedIds(stream, { url })).toHaveLength(canWait ? 1 : 0);
  });
});

describe.skipIf(redisUrl === '')('what the server offers', () => {
  it.for<[string, readonly string[], string]>([
    ['nothing', [], 'memory only'],
    ['AOF each second', [...AOF, 'everysec'], 'memory and AOF (everysec): up to about 1 s may be lost in a crash'],
    ['AOF always', [...AOF, 'always'], 'memory and AOF (always): what was confirmed survives a crash'],
    ['AOF now and then', [...AOF, 'no'], 'memory and AOF (no): what the operating system has not written'],
  ])('is said at each connect: %s', async ([, args, words]) => {
    const server = await startServer({ args });
    const channel = openChannel({ url: server.url });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(freshStream(), [sampleMessage()]);
    await vi.waitUntil(() => heard.of('durability').length === 1);
    expect(heard.of('durability')[0]?.reason).toContain(words);
    expect(heard.of('durability')[0]?.reason).toContain('; 0 replicas connected; role master');
    await openClient(server.url).client('KILL', 'TYPE', 'NORMAL');
    await vi.waitUntil(() => heard.of('durability').length === 2, { timeout: 5_000 });
  });

  it('is said without its details where they may not be read', async () => {
    const { url } = await startServer({ args: [...AOF, 'everysec'] });
    await openClient(url).acl('SETUSER', 'curious', 'on', '>word', '~*', '+@all', '-config');
    const channel = openChannel({ url: url.replace('//', '//curious:word@') });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(freshStream(), [sampleMessage()]);
    await vi.waitUntil(() => heard.of('durability').length > 0);
    expect(heard.of('durability')[0]?.reason).toContain('memory and AOF: how much may be lost');
  });

  it('counts replicas, and a replica itself is a fault', async () => {
    const { primary, replica } = await startReplica();
    const toPrimary = openChannel({ url: primary.url });
    const heard = new HeardDiagnostics(toPrimary);
    await toPrimary.admin.groups(freshStream());
    await vi.waitUntil(() => heard.of('durability').length > 0);
    expect(heard.of('durability')[0]?.reason).toContain('1 replica connected; role master');

    const toReplica = openChannel({ url: replica.url });
    const heardThere = new HeardDiagnostics(toReplica);
    await toReplica.admin.groups(freshStream());
    await vi.waitUntil(() => heardThere.of('fault').length > 0);
    expect(heardThere.of('fault')[0]?.reason).toContain('role slave');
    expect(heard.of('fault')).toEqual([]);
  });
});
