import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Redis } from 'ioredis';
import type { Channel, Message, Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

const personal = { fields: { name: '"Ada"', age: '36' }, personal: ['name'] };
const bytes = { fields: { text: '"a"', data: Buffer.from([0xff, 0x00]) } };

/** What comes with fields that a script takes along, and what does not. */
const ALONE: readonly (readonly [string, () => Message])[] = [
  ['plain fields', () => sampleMessage()],
  ['plain and personal fields', () => sampleMessage(personal)],
  ['personal fields only', () => sampleMessage({ fields: { name: '"Ada"' }, personal: ['name'] })],
  ['bytes', () => sampleMessage(bytes)],
  ['no fields', () => sampleMessage({ fields: {} })],
  ['large fields', () => largeMessage()],
  ['a type that the script does not take for one', () => sampleMessage({ type: 'sample taken' })],
  ['a header that looks like a part of the entry', () => sampleMessage({ headers: { large: 'true', id: 'x' } })],
];

describe.skipIf(redisUrl === '')('an event that comes alone from Redis', () => {
  it.for(ALONE)('comes as it was published: %s', async ([, make]) => {
    const { channel, stream, collector } = waiting();
    await channel.publish(stream, [sampleMessage()]);
    await collector.until(1);
    const messages = [make(), make(), make()];
    for (const [i, message] of messages.entries()) {
      await channel.publish(stream, [message]);
      await collector.until(i + 2);
    }
    expect(collector.deliveries.slice(1).map(({ message }) => message)).toMatchObject(
      messages.map(({ id, fields, personal, headers }) => ({ id, fields, personal, headers })),
    );
    expect(collector.deliveries.filter(({ malformed }) => malformed)).toEqual([]);
  });

  it('brings its fields without being asked for them; several that come at once are asked for', async () => {
    const { url, channel, stream, collector } = await waitingAlone();
    const asked = await questionsFor(url, stream);
    for (let i = 1; i <= 5; i += 1) {
      await channel.publish(stream, [sampleMessage()]);
      await collector.until(i);
    }
    expect(asked).toEqual([]);
    await channel.publish(stream, [sampleMessage(), sampleMessage()]);
    await collector.until(7);
    // By its digest first, which a fresh server does not know.
    await vi.waitUntil(() => asked.length > 0);
    expect(collector.ids).not.toContain('malformed');
  });

  it('leaves its fields where they are when nobody here handles its type', async () => {
    const { url, channel, stream, collector } = await waitingAlone({ types: ['sampleTaken.v1'] });
    const read: string[] = [];
    (await monitorOf(url)).on('monitor', (_time: string, [command = '', key = '']: string[]) => {
      if (command.toLowerCase() === 'hgetall') read.push(key);
    });
    const [unhandled, handled] = [sampleMessage({ type: 'other.v1' }), sampleMessage()];
    await channel.publish(stream, [unhandled]);
    await collector.until(1);
    await channel.publish(stream, [handled]);
    await collector.until(2);
    await vi.waitFor(() => expect(read).toEqual([keyOf(stream, `event:${handled.id}`)]));
    expect(collector.deliveries[0]).toMatchObject({ fieldsOmitted: true, message: { id: unhandled.id, fields: {} } });
  });

  it('is malformed when its fields are gone, and whole when only another one wrote its entry', async () => {
    const { channel, stream, collector } = waiting();
    const client = openClient();
    await channel.publish(stream, [sampleMessage()]);
    await collector.until(1);
    const entry = { id: 'gone', type: 'sampleTaken.v1', time: new Date().toISOString(), fields: 1 };
    await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify(entry));
    await collector.until(2);
    await client.set(keyOf(stream, 'event:text'), 'no hash');
    await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify({ ...entry, id: 'text' }));
    await collector.until(3);
    await client.hset(keyOf(stream, 'event:foreign'), { sample: '"kept"' });
    const { type, time, fields } = entry;
    await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify({ type, time, fields, id: 'foreign' }));
    await collector.until(4);
    expect(collector.deliveries.slice(1)).toMatchObject([
      { malformed: { code: 'EB_FIELDS_LOST' } },
      { malformed: { code: 'EB_FIELDS_LOST' } },
      { malformed: undefined, message: { id: 'foreign', fields: { sample: '"kept"' } } },
    ]);
  });

  it('has its own fields whichever of several consumers it comes to, between bursts', async () => {
    const stream = freshStream();
    const channel = openChannel();
    const consumers = [1, 2, 3].map((i) => new Collector(openChannel(), stream, { consumer: `consumer-${i}` }));
    const seen = () => consumers.flatMap(({ deliveries }) => deliveries);
    let published = 0;
    for (let i = 0; i < 60; i += 1) {
      const count = i % 5 === 0 ? 4 : 1;
      await Promise.all(Array.from({ length: count }, () => channel.publish(stream, [sampleMessage()])));
      published += count;
      if (i % 3 === 0) await vi.waitUntil(() => seen().length === published, { timeout: 15_000 });
    }
    await vi.waitFor(() => expect(seen()).toHaveLength(published), { timeout: 15_000 });
    for (const { message } of seen()) expect(message?.fields).toEqual({ sample: `"${message?.id ?? ''}"` });
  });
});

function waiting(): { readonly channel: Channel; readonly stream: Stream; readonly collector: Collector } {
  const stream = freshStream();
  const channel = openChannel();
  return { channel, stream, collector: new Collector(openChannel(), stream) };
}

/** On a server of its own, when the consumer waits there. */
async function waitingAlone(options: { readonly types?: readonly string[] } = {}) {
  const { url } = await startServer();
  const stream = freshStream();
  const collector = new Collector(openChannel({ url }), stream, options);
  const client = openClient(url);
  await vi.waitFor(async () => expect(await client.info('clients')).toContain('blocked_clients:1'), 15_000);
  return { url, channel: openChannel({ url }), stream, collector };
}

/** Each question for the fields of events whose ids are known. */
async function questionsFor(url: string, stream: Stream): Promise<readonly (readonly string[])[]> {
  const asked: string[][] = [];
  const event = keyOf(stream, 'event:');
  (await monitorOf(url)).on('monitor', (_time: string, [command = '', , , ...keys]: string[]) => {
    const isScript = command.toLowerCase().startsWith('eval');
    if (isScript && keys.every((key) => key.startsWith(event) && key !== event)) asked.push(keys);
  });
  return asked;
}

async function monitorOf(url: string): Promise<Redis> {
  const monitor = await openClient(url).monitor();
  onTestFinished(() => monitor.disconnect());
  return monitor;
}
