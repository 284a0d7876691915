import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { Message } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { FaultProxy } from './fault-proxy.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';
import { storedIds } from './stored-messages.js';

describe.skipIf(redisUrl === '')('appending to a Redis that is away or full', () => {
  it('says that nothing was stored when the server cannot be reached in time', async () => {
    const channel = openChannel({ url: await urlOfNobody(), publishTimeoutMs: 300 });
    const began = performance.now();
    await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  it.for<[string, () => Message]>([
    ['a small', () => sampleMessage()],
    ['a large', () => largeMessage()],
  ])(
    'says that the outcome is unknown when the reply to %s event was lost, and repeating it stores nothing twice',
    async ([, make]) => {
      const proxy = await FaultProxy.before(redisUrl);
      const channel = openChannel({ url: proxy.url, publishTimeoutMs: 1_000, commandTimeoutMs: 300 });
      await channel.publish(freshStream(), [sampleMessage()]);
      const stream = freshStream();
      const message = make();
      proxy.drop('replies');
      // Its time may be over before the other client has looked.
      const failure = channel.publish(stream, [message]).catch((error: unknown) => error);
      await vi.waitFor(async () => expect(await openClient().xlen(keyOf(stream))).toBe(1), {
        timeout: 20_000,
        interval: 5,
      });
      proxy.refuse();
      expect(await failure).toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
      // From anywhere: what counts is the id.
      expect(await openChannel().publish(stream, [message])).toMatchObject([{ duplicate: true }]);
      expect(await storedIds(stream)).toEqual([message.id]);
    },
  );

  it('gets over a connection that died without a word', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const channel = openChannel({ url: proxy.url, commandTimeoutMs: 300 });
    const stream = freshStream();
    const messages = [sampleMessage(), sampleMessage(), sampleMessage()];
    await channel.publish(stream, messages.slice(0, 1));
    proxy.freeze();
    const appended = channel.publish(stream, messages.slice(1, 2));
    const frozen = proxy.connections;
    // The old connection stays as dead as it is, a new one works.
    while (proxy.connections <= frozen) await new Promise((resolve) => setImmediate(resolve));
    proxy.pass();
    await appended;
    await channel.publish(stream, messages.slice(2));
    expect(await storedIds(stream)).toEqual(messages.map(({ id }) => id));
  });

  it('tells a full server apart, for large events too, while its consumers go on', async () => {
    const server = await startServer();
    const channel = openChannel({ url: server.url });
    const stream = freshStream();
    const stored = Array.from({ length: 20 }, () => sampleMessage());
    await channel.publish(stream, stored);
    // The group must be there already: to make one takes memory as well.
    const collector = new Collector(channel, stream, { holds: true, batchSize: 10 });
    await collector.until(20);
    const admin = openClient(server.url);
    await admin.config('SET', 'maxmemory', '1mb');
    for (const message of [sampleMessage(), largeMessage()]) {
      await expect(channel.publish(stream, [message])).rejects.toMatchObject({ code: 'EB_BACKPRESSURE' });
    }
    expect(await collector.settle(collector.deliveries)).toEqual([]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 });
    await admin.config('SET', 'maxmemory', '0');
    const later = [sampleMessage(), largeMessage()];
    await channel.publish(stream, later);
    expect(await storedIds(stream, { url: server.url })).toEqual([...stored, ...later].map(({ id }) => id));
  });

  it('tells what a wrong type of key is, and does not try again', async () => {
    const server = await startServer();
    const channel = openChannel({ url: server.url });
    const stream = freshStream();
    await openClient(server.url).set(`eb:{${stream.environment}:${stream.contract}:0}:stream`, 'mine');
    await expect(channel.publish(stream, [sampleMessage()])).rejects.toMatchObject({
      code: 'EB_CHANNEL',
      message: expect.stringContaining('WRONGTYPE') as string,
    });
  });

  it('finishes the appends that wait before it closes, and takes no more', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const channel = openChannel({ url: proxy.url });
    const stream = freshStream();
    const appended = channel.publish(stream, [sampleMessage()]);
    const closed = channel.close();
    await expect(channel.publish(stream, [sampleMessage()])).rejects.toMatchObject({ code: 'EB_CLOSED' });
    await appended;
    await closed;
    expect(await storedIds(stream)).toHaveLength(1);
    expect(proxy.connections).toBe(0);
  });
});

async function urlOfNobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `redis://127.0.0.1:${port}`;
}
