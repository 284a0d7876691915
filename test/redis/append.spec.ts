import { setImmediate as nextTurn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Channel, Message, Published, Stream } from 'nest-event-backbone/core';
import { FaultProxy } from './fault-proxy.js';
import { breakUntil } from './break-until.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { storedIds, storedMessages } from './stored-messages.js';

describe.skipIf(redisUrl === '')('appending to Redis', () => {
  it('asks again when a reply gets lost, and stores one event', async () => {
    const { proxy, channel, stream } = await behindProxy();
    const message = sampleMessage();
    proxy.drop('replies');
    const appended = channel.publish(stream, [message]);
    await proxy.dropped();
    proxy.pass();
    proxy.cut();
    expect(await appended).toMatchObject([{ duplicate: true }]);
    expect(await storedIds(stream)).toEqual([message.id]);
  });

  it('would be caught storing twice: a plain client does, with the same lost reply', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const plain = new Redis(proxy.url);
    plain.on('error', () => undefined);
    onTestFinished(() => plain.disconnect());
    const key = keyOf(freshStream());
    await plain.ping();
    proxy.drop('replies');
    const appended = plain.multi().hset(`${key}:event`, 'a', '1').xadd(key, '*', 'event', '1').exec();
    await proxy.dropped();
    proxy.pass();
    proxy.cut();
    await appended;
    expect(await openClient().xlen(key)).toBe(2);
  });

  it('stores once when the request does not arrive whole', async () => {
    const { proxy, channel, stream } = await behindProxy();
    const message = sampleMessage();
    const cut = proxy.cutAfter('requests', 300);
    const appended = channel.publish(stream, [message]);
    await cut;
    expect(await appended).toMatchObject([{ duplicate: false }]);
    expect(await storedIds(stream)).toEqual([message.id]);
  });

  it.for([1, 7, 20])('stores once when a reply breaks off after %i bytes', async (bytes) => {
    const { proxy, channel, stream } = await behindProxy();
    const message = sampleMessage();
    const cut = proxy.cutAfter('replies', bytes);
    const appended = channel.publish(stream, [message]);
    await cut;
    await appended;
    expect(await storedIds(stream)).toEqual([message.id]);
  });

  it('stores every acknowledged event exactly once and in the order of its writer while connections break', async () => {
    const { proxy, channel, stream } = await behindProxy();
    let count = 0;
    const breaking = breakUntil(proxy, (times) => times >= 30 && count >= 200);
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const acknowledged: string[] = [];
      while (!breaking.isOver()) {
        const message = sampleMessage({ key: `writer-${writer}` });
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
    expect(stored).toHaveLength(acknowledged.flat().length);
  });

  it('keeps the order of appends that were not waited for, whatever breaks', async () => {
    const { proxy, channel, stream } = await behindProxy();
    const appends: Promise<readonly Published[]>[] = [];
    const ids: string[] = [];
    for (let i = 0; i < 200; i += 1) {
      if (i % 50 === 20) proxy.cut();
      if (i % 50 === 40) void proxy.cutAfter('replies', 10);
      const message = sampleMessage();
      ids.push(message.id);
      appends.push(channel.publish(stream, [message]));
      await nextTurn();
    }
    await Promise.all(appends);
    expect(await storedIds(stream)).toEqual(ids);
  });

  it('needs no second try on a slow line', async () => {
    const { proxy, channel, stream } = await behindProxy();
    proxy.delay(40);
    const messages = Array.from({ length: 20 }, () => sampleMessage());
    const published = await Promise.all(messages.map((message) => channel.publish(stream, [message])));
    expect(published.flat().some(({ duplicate }) => duplicate)).toBe(false);
    expect(await storedIds(stream)).toEqual(messages.map(({ id }) => id));
    expect(proxy.connections).toBe(1);
  });

  it('does not notice that the server forgot its scripts', async () => {
    const { channel, stream } = await behindProxy();
    const messages = Array.from({ length: 4 }, () => sampleMessage());
    for (const message of messages) {
      await openClient().script('FLUSH');
      await channel.publish(stream, [message]);
    }
    expect(await storedIds(stream)).toEqual(messages.map(({ id }) => id));
  });

  it('keeps the first event when its id comes again with another content', async () => {
    const channel = openChannel();
    const stream = freshStream();
    const message = sampleMessage({ fields: { plain: '"first"', name: '"Ada"' }, personal: ['name'] });
    const [first] = await channel.publish(stream, [message]);
    const other: Message = { ...message, type: 'other.v1', fields: { plain: '"second"', more: '1' }, personal: [] };
    expect(await channel.publish(stream, [other])).toEqual([{ position: first?.position, duplicate: true }]);
    expect(await storedMessages(stream)).toMatchObject([
      { id: message.id, type: message.type, fields: { plain: '"first"', name: '"Ada"' }, personal: ['name'] },
    ]);
    const hashes = await openClient().keys(keyOf(stream, '*').replace(/[[\]]/g, '\\$&'));
    expect(hashes.sort()).toEqual(
      [keyOf(stream, `event:${message.id}`), keyOf(stream, `personal:${message.id}`), keyOf(stream)].sort(),
    );
  });

  it('stores many thousand events of one call in order, all or none', async () => {
    const channel = openChannel();
    const stream = freshStream();
    const messages = Array.from({ length: 9_000 }, (_, i) => sampleMessage({ id: `event-${i}` }));
    const published = await channel.publish(stream, messages);
    expect(published).toHaveLength(9_000);
    expect(await storedIds(stream)).toEqual(messages.map(({ id }) => id));
    const again = await channel.publish(stream, [...messages.slice(-1), sampleMessage(), ...messages.slice(0, 1)]);
    expect(again.map(({ duplicate }) => duplicate)).toEqual([true, false, true]);
  });

  it('refuses more than may wait, and takes appends again when the server is back', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const channel = openChannel({ url: proxy.url, maxWaitingBytes: 10_000 });
    const stream = freshStream();
    proxy.refuse();
    const fields = { text: 'x'.repeat(4_000) };
    const waiting = [1, 2].map(() => channel.publish(stream, [sampleMessage({ fields })]));
    await expect(channel.publish(stream, [sampleMessage({ fields })])).rejects.toMatchObject({
      code: 'EB_BACKPRESSURE',
    });
    proxy.pass();
    await Promise.all(waiting);
    await channel.publish(stream, [sampleMessage({ fields })]);
    expect(await storedIds(stream)).toHaveLength(3);
  });

  it('tells a caller that gives up while the server is away, and stores nothing', async () => {
    const { proxy, channel, stream } = await behindProxy();
    proxy.refuse();
    const caller = new AbortController();
    const appended = channel.publish(stream, [sampleMessage()], { signal: caller.signal });
    const kept = sampleMessage();
    const other = channel.publish(stream, [kept]);
    caller.abort();
    await expect(appended).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    proxy.pass();
    await other;
    expect(await storedIds(stream)).toEqual([kept.id]);
  });

  it('waits for many appends at once without warnings of too many listeners', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => void warnings.push(name);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { proxy, channel, stream } = await behindProxy();
    proxy.refuse();
    const appends: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i += 1) {
      appends.push(
        channel.publish(stream, [sampleMessage()]),
        channel.admin.groups(stream).catch(() => []),
      );
      await nextTurn();
    }
    proxy.pass();
    await Promise.all(appends);
    expect(await storedIds(stream)).toHaveLength(50);
    await nextTurn();
    expect(warnings).toEqual([]);
  });
});

async function behindProxy(): Promise<{ proxy: FaultProxy; channel: Channel; stream: Stream }> {
  const proxy = await FaultProxy.before(redisUrl);
  const channel = openChannel({ url: proxy.url });
  // A connection that is up, and a server that knows the script.
  await channel.publish(freshStream(), [sampleMessage()]);
  return { proxy, channel, stream: freshStream() };
}
