import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Relay } from 'nest-event-backbone';
import type { Channel, Message, Stream } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel, redisUrl } from './open-channel.js';

async function messagesIn(channel: Channel, stream: Stream): Promise<readonly Message[]> {
  const found: Message[] = [];
  for await (const events of channel.read({ stream })) {
    for (const { message } of events) if (message) found.push({ ...message, fields: { ...message.fields } });
  }
  return found;
}

describe.skipIf(!hasServers)('a relay', () => {
  it('brings the events of Redis to Kafka and from there back to Redis, as they are and in the order of each key', async () => {
    const redis = redisChannel({ url: redisUrl });
    onTestFinished(() => redis.close());
    const kafka = openChannel({ partitions: 3 });
    const [first, second, third] = [freshStream(), freshStream(), freshStream()];
    const like = { headers: { tenant: 'a' }, fields: { name: '"Ada"', product: '7' }, personal: ['name'] };
    const sent = Array.from({ length: 60 }, (_, i) => sampleMessage({ ...like, key: `key-${i % 6}` }));
    await redis.publish(first, sent);
    for (const [from, to, stream, target] of [
      [redis, kafka, first, second],
      [kafka, redis, second, third],
    ] as const) {
      const relay = new Relay({ from, to, stream, target });
      onTestFinished(() => relay.stop(5_000));
      relay.start();
    }
    await vi.waitFor(async () => expect(await messagesIn(redis, third)).toHaveLength(60), 25_000);
    const arrived = await messagesIn(redis, third);
    for (const key of new Set(sent.map((message) => message.key))) {
      const own = (all: readonly Message[]) => all.filter((message) => message.key === key);
      expect(own(arrived)).toEqual(own(await messagesIn(redis, first)));
      expect(own(await messagesIn(kafka, second)).map(({ id }) => id)).toEqual(own(sent).map(({ id }) => id));
    }
  });
});
