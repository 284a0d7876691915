import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Channel, Message, ReadEvent, ReadOptions, Stream } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

describe.skipIf(redisUrl === '')('an index by key on Redis', () => {
  const indexed = { url: redisUrl, keyIndex: true };

  it('lets a read of one key among 10,000 fetch its entries only', async () => {
    const { url } = await startServer();
    const [stream, client] = [freshStream(), openClient(url)];
    const channel = openChannel({ url, keyIndex: true });
    const messages = Array.from({ length: 20_000 }, (_, i) => sampleMessage({ key: `key-${i % 10_000}` }));
    await appendAll(channel, stream, messages);
    const own = messages.filter(({ key }) => key === 'key-7777').map(({ id }) => id);
    await read(channel, { stream, key: 'key-1' });
    const sent = await sentBytes(client);
    expect(idsOf(await read(channel, { stream, key: 'key-7777' }))).toEqual(own);
    expect((await sentBytes(client)) - sent).toBeLessThan(20_000);
    // The twin: without the index the whole stream comes over.
    await client.del(keyOf(stream, 'keys'));
    expect(idsOf(await read(channel, { stream, key: 'key-7777' }))).toEqual(own);
    expect((await sentBytes(client)) - sent).toBeGreaterThan(2_000_000);
  });

  it('misses nothing of what was appended without it, before and in between', async () => {
    const stream = freshStream();
    const [plain, keeping] = [openChannel(), openChannel(indexed)];
    const messages: Message[] = [];
    const append = async (channel: Channel) => {
      const some = Array.from({ length: 5 }, (_, i) => sampleMessage({ key: `key ${i % 2}` }));
      await channel.publish(stream, some.slice(0, 1));
      await channel.publish(stream, some.slice(1));
      messages.push(...some);
    };
    for (const channel of [plain, keeping, plain, plain, keeping, keeping, plain]) {
      await append(channel);
      const own = messages.filter(({ key }) => key === 'key 1').map(({ id }) => id);
      expect(idsOf(await read(keeping, { stream, key: 'key 1', batchSize: 2 }))).toEqual(own);
      const all = await read(keeping, { stream, key: 'key 1' });
      for (const [i, { position }] of all.entries()) {
        expect(idsOf(await read(keeping, { stream, key: 'key 1', after: [position] }))).toEqual(own.slice(i + 1));
        expect(idsOf(await read(keeping, { stream, key: 'key 1', until: [position] }))).toEqual(own.slice(0, i + 1));
      }
    }
  });

  it('would miss it if it did not know which stretch of the stream it holds', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const [plain, keeping] = [openChannel(), openChannel(indexed)];
    await plain.publish(stream, [sampleMessage({ key: 'a' })]);
    const [last] = await keeping.publish(stream, [sampleMessage({ key: 'a' })]);
    expect(await read(keeping, { stream, key: 'a' })).toHaveLength(2);
    await client.hset(keyOf(stream, 'keys'), 'from', '0-1', 'last', last?.position.id ?? '');
    expect(await read(keeping, { stream, key: 'a' })).toHaveLength(1);
  });

  it('holds large, personal and repeated events, each once', async () => {
    const stream = freshStream();
    const channel = openChannel(indexed);
    const personal = { fields: { name: '"Ada"', age: '36' }, personal: ['name'] };
    const messages = [
      { ...largeMessage(), key: 'a' },
      sampleMessage({ key: 'a', ...personal }),
      sampleMessage({ key: 'a' }),
    ];
    for (const message of messages) await channel.publish(stream, [message]);
    await channel.publish(stream, messages);
    await channel.publish(stream, messages.slice(1, 2));
    const events = await read(channel, { stream, key: 'a' });
    expect(events.map(({ message }) => message)).toMatchObject(messages.map(({ id, fields }) => ({ id, fields })));
    expect(await openClient().zcard(keyOf(stream, 'key:a'))).toBe(3);
  });

  it('keeps the order of a key within one millisecond', async () => {
    const stream = freshStream();
    const channel = openChannel(indexed);
    const messages = Array.from({ length: 250 }, () => sampleMessage({ key: 'a' }));
    await channel.publish(stream, messages);
    for (const batchSize of [7, 100, 1_000]) {
      expect(idsOf(await read(channel, { stream, key: 'a', batchSize }))).toEqual(messages.map(({ id }) => id));
    }
  });

  it('is trimmed with the stream, also by an operator whose channel knows nothing of it', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const channel = openChannel(indexed);
    const messages = Array.from({ length: 9 }, (_, i) => sampleMessage({ key: `key-${i % 3}` }));
    await channel.publish(stream, messages);
    expect(await openChannel().admin.trim(stream, { keep: 2 })).toBe(7);
    expect(idsOf(await read(channel, { stream, key: 'key-2' }))).toEqual([messages[8]?.id]);
    expect(await client.exists(keyOf(stream, 'key:key-0'))).toBe(0);
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(2);
    expect(await client.keys(keyOf(stream, 'key:*'))).toEqual([]);
    await channel.publish(stream, [sampleMessage({ key: 'key-2' })]);
    expect(await read(channel, { stream, key: 'key-2' })).toHaveLength(1);
  });

  it('survives that the stream is split anew: what went elsewhere is found where it is', async () => {
    const stream = freshStream();
    const before = redisChannel({ ...indexed, partitions: 2 });
    onTestFinished(() => before.close());
    const messages = Array.from({ length: 20 }, (_, i) => sampleMessage({ key: `key-${i % 10}` }));
    await before.publish(stream, messages.slice(0, 10));
    await before.repartition(stream, 5);
    const after = openChannel({ ...indexed, partitions: 5 });
    await after.publish(stream, messages.slice(10));
    for (let i = 0; i < 10; i += 1) {
      const own = messages.filter(({ key }) => key === `key-${i}`).map(({ id }) => id);
      expect(idsOf(await read(after, { stream, key: `key-${i}` }))).toEqual(own);
    }
  });

  it('is followed: a reader of one key gets what is appended to it later', async () => {
    const stream = freshStream();
    const channel = openChannel(indexed);
    await channel.publish(stream, [sampleMessage({ key: 'a' }), sampleMessage({ key: 'b' })]);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const events of channel.read({ stream, key: 'a', follow: stop.signal })) {
      seen.push(...idsOf(events));
      if (seen.length === 3) stop.abort();
      else if (events.length === 0) {
        const more = [sampleMessage({ key: 'b' }), sampleMessage({ key: 'a' })];
        await channel.publish(stream, more);
      }
    }
    expect(seen).toHaveLength(3);
  });

  it('is refused where it was not asked for', async () => {
    const channel = openChannel();
    expect(channel.supports.readByKey).toBe(false);
    await expect(read(channel, { stream: freshStream(), key: 'a' })).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
    expect(openChannel(indexed).supports.readByKey).toBe(true);
  });

  it('stores nothing when the server refuses it, and needs no more rights than docs/reading.md says', async () => {
    const { url } = await startServer();
    const client = openClient(url);
    const urlOf = (user: string) => url.replace('//', `//${user}:${user}-password@`);
    const stream = { environment: 'prod', contract: 'orders' };
    await allow(client, 'redis-acl.md');
    const producer = openChannel({ url: urlOf('producer'), keyIndex: true });
    await expect(producer.publish(stream, [sampleMessage()])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await expect(producer.publish(stream, [largeMessage()])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    expect(await client.exists(keyOf(stream))).toBe(0);
    await client.call('ACL', 'LOG', 'RESET');
    await allow(client, 'reading.md');
    await producer.publish(stream, [sampleMessage({ key: 'a' })]);
    await producer.publish(stream, [sampleMessage({ key: 'a' }), { ...largeMessage(), key: 'a' }]);
    const operator = openChannel({ url: urlOf('operator'), keyIndex: true });
    expect(await read(operator, { stream, key: 'a' })).toHaveLength(3);
    expect(await operator.admin.trim(stream, { keep: 1 })).toBe(2);
    const denied = ((await client.acl('LOG')) as string[][]).map((entry) => entry.join(' '));
    expect(denied.filter((entry) => !entry.includes('setinfo'))).toEqual([]);
  });
});

async function allow(client: ReturnType<typeof openClient>, page: string): Promise<void> {
  const lines = (await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8')).split('\n');
  for (const line of lines.filter((one) => one.startsWith('ACL SETUSER '))) {
    await client.acl('SETUSER', ...(line.split(' ').slice(2) as [string, ...string[]]));
  }
}

async function appendAll(channel: Channel, stream: Stream, messages: readonly Message[]): Promise<void> {
  for (let i = 0; i < messages.length; i += 500) await channel.publish(stream, messages.slice(i, i + 500));
}

async function read(channel: Channel, options: ReadOptions): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read(options)) events.push(...batch);
  return events;
}

function idsOf(events: readonly ReadEvent[]): readonly string[] {
  return events.map(({ message }) => message?.id ?? '');
}

async function sentBytes(client: ReturnType<typeof openClient>): Promise<number> {
  return Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1]);
}
