import { describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { EventReader } from 'nest-event-backbone';
import {
  createProducer,
  positionBefore,
  type Channel,
  type Position,
  type ReadEvent,
  type ReadOptions,
} from 'nest-event-backbone/core';
import { nextMillisecond, Shop } from '../history/shop.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

describe.skipIf(redisUrl === '')('reading the past from Redis', () => {
  it('takes one round trip for an event at a position, with its arguments', async () => {
    const { url } = await startServer();
    const channel = openChannel({ url });
    const environment = 'test';
    const shop = createProducer(Shop, { channel, environment, source: 'test' });
    const reader = new EventReader(Shop, { channel, environment });
    const receipts = [await shop.paid('a', 1), await shop.opened('a', { email: 'ada@example.org' }, new Date(5))];
    for (const { position } of receipts) await reader.get(position);
    const commands = await heardCommands(openClient(url));
    for (const { position, id } of receipts) {
      const event = await reader.get(position);
      expect(event?.id).toBe(id);
      expect(event?.args).toMatchObject({ account: 'a' });
    }
    expect(await commands()).toEqual(['evalsha', 'evalsha']);
  });

  it('gives one event as a read of many would, whatever it is', async () => {
    const stream = freshStream();
    const [channel, client] = [openChannel(), openClient()];
    const personal = { fields: { name: '"Ada"', scan: Buffer.from([0xff, 0]) }, personal: ['name'] };
    const [, erased] = await channel.publish(stream, [sampleMessage(), sampleMessage(personal)]);
    await channel.publish(stream, [sampleMessage({ fields: {} }), largeMessage(), sampleMessage(personal)]);
    await client.xadd(keyOf(stream), '*', 'garbage', '1');
    await client.xadd(keyOf(stream), '*', 'eb1', '{"id":"../a","type":"x.v1"}');
    await client.xadd(keyOf(stream), '*', 'eb1', '[[[');
    await client.xadd(
      keyOf(stream),
      '*',
      'eb1',
      `{"id":"lost","type":"x.v1","time":"2026-11-22T12:00:00Z","fields":1}`,
    );
    await client.set(keyOf(stream, 'event:wrong'), 'a text');
    await client.xadd(
      keyOf(stream),
      '*',
      'eb1',
      `{"id":"wrong","type":"x.v1","time":"2026-11-22T12:00:00Z","fields":1}`,
    );
    const [, second] = await read(channel, { stream });
    expect(second?.position).toEqual(erased?.position);
    await channel.admin.erase(stream, [second?.message?.id ?? '']);
    const all = await read(channel, { stream });
    expect(all).toHaveLength(10);
    for (const event of all) {
      expect(await at(channel, { stream }, event.position)).toEqual([event]);
      const [bare] = await at(channel, { stream, fields: [] }, event.position);
      expect(Object.keys(bare?.message?.fields ?? {})).toEqual([]);
    }
    const types = ['sampleTaken.v1'];
    const sampled = await Promise.all(all.map(({ position }) => at(channel, { stream, types }, position)));
    expect(sampled.flat()).toEqual(all.filter(({ message }) => message?.type === types[0]));
    expect(await at(channel, { stream }, { partition: 9, id: all[0]?.position.id ?? '' })).toEqual([]);
  });

  it('begins and ends at times, and fetches nothing of what lies outside', async () => {
    const { url } = await startServer();
    const [stream, client, channel] = [freshStream(), openClient(url), openChannel({ url })];
    const pipeline = client.pipeline();
    for (let i = 1; i <= 20_000; i += 1) {
      const entry = JSON.stringify({ id: `e-${i}`, type: 'noted.v1', time: '2026-11-22T12:00:00Z' });
      pipeline.xadd(keyOf(stream), `${1_000 + Math.ceil(i / 4)}-${(i - 1) % 4}`, 'eb1', entry);
    }
    await pipeline.exec();
    const ids = async (options: Partial<ReadOptions>) =>
      (await read(channel, { stream, ...options })).map(({ message }) => message?.id);
    const before = await sentBytes(client);
    expect(await ids({ fromMs: 3_000, untilMs: 3_002 })).toEqual(
      [7_997, 7_998, 7_999, 8_000, 8_001, 8_002, 8_003, 8_004].map((i) => `e-${i}`),
    );
    expect(await ids({ fromMs: 5_999.5 })).toEqual([19_997, 19_998, 19_999, 20_000].map((i) => `e-${i}`));
    expect(await ids({ untilMs: 1_001.5, batchSize: 3 })).toEqual([1, 2, 3, 4].map((i) => `e-${i}`));
    expect(await ids({ untilMs: 1_001 })).toEqual([]);
    expect(await ids({ fromMs: 6_001, untilMs: Infinity })).toEqual([]);
    expect((await sentBytes(client)) - before).toBeLessThan(20_000);
    expect(await ids({ fromMs: -5, untilMs: Infinity, batchSize: 1_000 })).toHaveLength(20_000);
  });

  it('refuses positions that the stream cannot have given out, and no others', async () => {
    const [stream, other] = [freshStream(), freshStream()];
    const channel = openChannel();
    const [first] = await channel.publish(stream, [sampleMessage(), sampleMessage()]);
    await nextMillisecond();
    const [later] = await channel.publish(other, [sampleMessage()]);
    const refusal = { code: 'EB_ARGUMENT', details: { path: 'position' } };
    for (const position of [later?.position, { partition: 3, id: '5-0' }]) {
      const wrong = position ? [position] : [];
      await expect(read(channel, { stream, after: wrong })).rejects.toMatchObject(refusal);
      await expect(read(channel, { stream, until: wrong })).rejects.toMatchObject(refusal);
      await expect(read(channel, { stream, after: wrong, follow: AbortSignal.timeout(60_000) })).rejects.toMatchObject(
        refusal,
      );
    }
    await expect(read(channel, { stream: freshStream(), after: [{ partition: 0, id: '1-1' }] })).rejects.toMatchObject(
      refusal,
    );
    // What was given out stays a position when it is trimmed.
    await channel.admin.trim(stream, { keep: 0 });
    expect(await read(channel, { stream, after: first ? [first.position] : [] })).toEqual([]);
    expect(await read(channel, { stream, until: first ? [first.position] : [] })).toEqual([]);
  });
});

function at(channel: Channel, options: ReadOptions, position: Position): Promise<readonly ReadEvent[]> {
  const before = positionBefore(position);
  return read(channel, { ...options, after: before ? [before] : [], until: [position] });
}

async function read(channel: Channel, options: ReadOptions): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read(options)) events.push(...batch);
  return events;
}

async function sentBytes(client: Redis): Promise<number> {
  return Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1]);
}

/** Hears what clients send to a server from now on; tells it when asked, without what scripts do inside. */
async function heardCommands(client: Redis): Promise<() => Promise<readonly string[]>> {
  const heard: string[] = [];
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const monitor = await client.monitor();
  monitor.on('monitor', (_time: string, [command = '', text]: string[], source: string) => {
    if (text === 'that is all') isOver();
    else if (source !== 'lua') heard.push(command.toLowerCase());
  });
  return async () => {
    await client.call('ECHO', 'that is all');
    await over;
    monitor.disconnect();
    return heard;
  };
}
