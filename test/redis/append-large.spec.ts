import { describe, expect, it, vi } from 'vitest';
import type { Stream } from 'nest-event-backbone/core';
import type { RedisChannelOptions } from 'nest-event-backbone/redis';
import { breakUntil } from './break-until.js';
import { FaultProxy } from './fault-proxy.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { storedIds, storedMessages } from './stored-messages.js';

describe.skipIf(redisUrl === '')('appending large events to Redis', () => {
  it('asks again when a reply gets lost, and stores one event', async () => {
    const { proxy, channel, stream } = await behindProxy();
    const message = largeMessage();
    proxy.drop('replies');
    const appended = channel.publish(stream, [message]);
    await proxy.dropped();
    proxy.pass();
    proxy.cut();
    await appended;
    expect(await storedMessages(stream)).toMatchObject([
      { id: message.id, fields: message.fields, personal: ['name'] },
    ]);
    expect(await leftOver(stream)).toEqual([]);
  });

  // Some 450 bytes that make the two hashes, and 6 kB for each: the cuts are in each command and between them.
  it.for([100, 440, 600, 6_000, 6_550, 6_700, 12_600, 12_900, 13_100])(
    'stores one event when the request breaks off after %i bytes',
    async (bytes) => {
      const { proxy, channel, stream } = await behindProxy();
      const message = largeMessage();
      const cut = proxy.cutAfter('requests', bytes);
      const appended = channel.publish(stream, [message]);
      await cut;
      await appended;
      expect(await storedMessages(stream)).toMatchObject([{ id: message.id, fields: message.fields }]);
      expect(await leftOver(stream)).toEqual([]);
    },
  );

  it.for([600, 6_000, 6_700, 12_600])(
    'leaves nothing behind for ever when the request breaks off after %i bytes and the server stays away',
    async (bytes) => {
      const { proxy, channel, stream } = await behindProxy({ publishTimeoutMs: 150 });
      const cut = proxy.cutAfter('requests', bytes);
      // Its time may be over before the cut.
      const failure = channel.publish(stream, [largeMessage()]).catch((error: unknown) => error);
      await cut;
      proxy.refuse();
      expect(await failure).toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
      const left = await leftOver(stream);
      expect(left).toHaveLength(2);
      for (const { life } of left) expect(life).toBeGreaterThan(0);
      expect(await storedIds(stream)).toEqual([]);
    },
  );

  it('stores every acknowledged event exactly once, whole, and in order while connections break', async () => {
    const { proxy, channel, stream } = await behindProxy();
    let count = 0;
    const breaking = breakUntil(proxy, (times) => times >= 20 && count >= 20);
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      const acknowledged: string[] = [];
      while (!breaking.isOver()) {
        const message = largeMessage({ key: `writer-${writer}` });
        await channel.publish(stream, [message]);
        acknowledged.push(message.id);
        count += 1;
      }
      return acknowledged;
    });
    const acknowledged = await Promise.all(writers);
    const stored = await storedMessages(stream);
    for (const [writer, ids] of acknowledged.entries()) {
      expect(stored.filter(({ key }) => key === `writer-${writer}`).map(({ id }) => id)).toEqual(ids);
    }
    for (const { fields } of stored) expect(fields).toEqual(largeMessage().fields);
    expect(stored).toHaveLength(acknowledged.flat().length);
    for (const { life } of await leftOver(stream)) expect(life).toBeGreaterThan(0);
  });

  it('keeps the first event when its id comes again with another content, large or small', async () => {
    const channel = openChannel();
    const stream = freshStream();
    const message = largeMessage();
    const [first] = await channel.publish(stream, [message]);
    const others = [
      largeMessage({ id: message.id, fields: { other: 'y'.repeat(9_000) }, personal: [] }),
      sampleMessage({ id: message.id }),
    ];
    for (const other of others) {
      expect(await channel.publish(stream, [other])).toEqual([{ position: first?.position, duplicate: true }]);
    }
    expect(await storedMessages(stream)).toMatchObject([{ fields: message.fields, personal: ['name'] }]);
    expect(await leftOver(stream)).toEqual([]);
  });

  it('stores a batch of large and small events in order', async () => {
    const stream = freshStream();
    const messages = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? largeMessage() : sampleMessage()));
    await openChannel().publish(stream, messages);
    expect(await storedIds(stream)).toEqual(messages.map(({ id }) => id));
    expect(await leftOver(stream)).toEqual([]);
  });
});

async function behindProxy(options: RedisChannelOptions = {}) {
  const proxy = await FaultProxy.before(redisUrl);
  const channel = openChannel({ url: proxy.url, ...options });
  // To connect may take longer than an append may.
  await vi.waitFor(() => channel.publish(freshStream(), [sampleMessage()]), { timeout: 20_000 });
  return { proxy, channel, stream: freshStream() };
}

/** The keys where fields of large events wait, and how long they still live, in milliseconds. */
async function leftOver(stream: Stream) {
  const client = openClient();
  const keys = await client.keys(keyOf(stream, 'staged:*'));
  return Promise.all(keys.map(async (key) => ({ key, life: await client.pttl(key) })));
}
