import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { partitionOf, type Message } from 'nest-event-backbone/core';
import { redisChannel, type RedisChannel } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { freshStream, openChannel, openClient, redisUrl } from './open-channel.js';
import { partitionKey } from './partition-owners.js';
import { sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';
import { storedIds } from './stored-messages.js';

const KEYS = Array.from({ length: 40 }, (_, i) => `key-${i}`);

describe.skipIf(redisUrl === '')('the number of partitions of a stream on Redis', () => {
  it('is agreed on by all channels: one that is set up for another number neither appends nor consumes', async () => {
    const stream = freshStream();
    await openSplit(16).publish(stream, round(0));
    for (const other of [openSplit(8), openSplit(1), openChannel()]) {
      const refusal = {
        code: 'EB_CHANNEL',
        message: expect.stringMatching(/ 16 partitions.*set up for (8|1);/) as string,
      };
      await expect(other.publish(stream, round(1))).rejects.toMatchObject(refusal);
      const consumer = new Collector(other, stream);
      await vi.waitUntil(() => consumer.error !== undefined, { timeout: 5_000 });
      expect(consumer.error).toMatchObject(refusal);
    }
    expect(await storedIds(stream)).toHaveLength(KEYS.length);
  });

  it('is one where there are events of before, until it is changed', async () => {
    const stream = freshStream();
    await openChannel().publish(stream, round(0));
    const channel = openSplit(4);
    await expect(channel.publish(stream, round(1))).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await openSplit(1).publish(stream, round(1));
    await channel.repartition(stream, 4);
    await channel.publish(stream, round(2));
    expect(new Set(await storedIds(stream))).toEqual(new Set(idsOf([0, 1, 2])));
  });

  it('is not changed while a group has something open', async () => {
    const stream = freshStream();
    const [channel, next] = [openSplit(2), openSplit(3)];
    await channel.publish(stream, round(0));
    const consumer = new Collector(channel, stream, { holds: true });
    await consumer.until(KEYS.length);
    const conflict = { code: 'EB_CONFLICT', message: expect.stringContaining('group has events open') as string };
    await expect(channel.repartition(stream, 3)).rejects.toMatchObject(conflict);
    await expect(next.publish(stream, round(1))).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await channel.publish(stream, round(1));
    await consumer.until(2 * KEYS.length);
    await consumer.settle(consumer.deliveries);
    await channel.repartition(stream, 3);
    await next.publish(stream, round(2));
  });

  it('is changed without a key losing its order', async () => {
    const stream = freshStream();
    const [old, next, last] = [openSplit(2), openSplit(5), openSplit(3)];
    // Without the refusal of old appends these keys would stand in two partitions at once.
    expect(KEYS.some((key) => partitionOf(key, 2) !== partitionOf(key, 5))).toBe(true);
    await old.publish(stream, round(0));
    const before = new Collector(old, stream, { consumer: 'before', from: 'end' });
    await vi.waitFor(async () => expect(await old.admin.state(stream, 'group')).toMatchObject({ lag: 0 }), 5_000);
    await old.publish(stream, round(1));
    await before.until(KEYS.length);
    await settledAll(old, stream);
    await old.repartition(stream, 5);
    await expect(old.publish(stream, round(2))).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await next.publish(stream, round(2));
    const between = new Collector(next, stream, { from: 'end' });
    // The group began at the end, once: in new partitions nothing is left out. The old consumer is still there.
    await vi.waitUntil(() => before.ids.length + between.ids.length === 2 * KEYS.length, { timeout: 10_000 });
    await before.subscription.close();
    await next.publish(stream, round(3));
    await vi.waitUntil(() => before.ids.length + between.ids.length === 3 * KEYS.length, { timeout: 10_000 });
    await settledAll(next, stream);
    await next.repartition(stream, 3);
    await between.subscription.close();
    await last.publish(stream, round(4));
    const after = new Collector(last, stream);
    await after.until(KEYS.length);
    const handled = [...before.ids, ...between.ids, ...after.ids];
    for (const key of KEYS) {
      expect(handled.filter((id) => id.endsWith(`-${key}`))).toEqual([1, 2, 3, 4].map((n) => `${n}-${key}`));
    }
    // What stands in partitions that no key goes to any more is still read.
    expect(new Set(await storedIds(stream))).toEqual(new Set(idsOf([0, 1, 2, 3, 4])));
  });

  it('is agreed on again by a channel whose server has lost everything', async () => {
    const { url } = await startServer();
    const [stream, client] = [freshStream(), openClient(url)];
    const channel = openChannel({ url, partitions: 4, leaseMs: 500 });
    const consumer = new Collector(channel, stream);
    await channel.publish(stream, round(0));
    await consumer.until(KEYS.length);
    await client.flushall();
    await channel.publish(stream, round(1));
    expect(await client.hget(partitionKey(stream, 3, 'layout'), 'partitions')).toBe('4');
    await consumer.until(2 * KEYS.length);
    expect(new Set(consumer.ids.slice(KEYS.length))).toEqual(new Set(idsOf([1])));
  });

  it('leaves the caller in no doubt when only a part of a call was stored', async () => {
    const stream = freshStream();
    const channel = openSplit(2);
    await channel.publish(stream, round(0));
    await openClient().hset(partitionKey(stream, 1, 'layout'), 'partitions', 3);
    await expect(channel.publish(stream, round(1))).rejects.toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
    await openClient().hset(partitionKey(stream, 1, 'layout'), 'partitions', 2);
    const published = await channel.publish(stream, round(1));
    const inFirst = KEYS.map((key) => partitionOf(key, 2) === 0);
    expect(published.map(({ duplicate }) => duplicate)).toEqual(inFirst);
    expect(published.map(({ position }) => position.partition === 0)).toEqual(inFirst);
  });
});

function openSplit(partitions: number): RedisChannel {
  const channel = redisChannel({ url: redisUrl, partitions });
  onTestFinished(() => channel.close());
  return channel;
}

/** One message of each key. */
function round(number: number): readonly Message[] {
  return KEYS.map((key) => sampleMessage({ id: `${number}-${key}`, key }));
}

function idsOf(rounds: readonly number[]): readonly string[] {
  return rounds.flatMap((number) => KEYS.map((key) => `${number}-${key}`));
}

async function settledAll(channel: RedisChannel, stream: ReturnType<typeof freshStream>): Promise<void> {
  await vi.waitFor(
    async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 }),
    5_000,
  );
}
