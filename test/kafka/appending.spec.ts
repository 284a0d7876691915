import { describe, expect, it } from 'vitest';
import { partitionOf } from 'nest-event-backbone/core';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel, openDriver } from './open-channel.js';

describe.skipIf(!hasServers)('an append to Kafka', () => {
  it('goes to the partition that other clients would choose for its key', async () => {
    const channel = openChannel({ partitions: 7, payloads: 'record' });
    const messages = Array.from({ length: 30 }, (_, i) => sampleMessage({ key: `key ${i}` }));
    const published = await channel.publish(freshStream(), messages);
    expect(published.map(({ position }) => position.partition)).toEqual(messages.map(({ key }) => partitionOf(key, 7)));
  });

  it('that is too large is refused before anything is stored, its fields included', async () => {
    const payloads = memoryPayloadStore();
    const channel = openChannel({ payloads });
    const stream = freshStream();
    const headers = { large: 'x'.repeat(2_000_000) };
    const message = sampleMessage({ headers });
    await expect(channel.publish(stream, [message])).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
    expect(await payloads.list(message.id)).toEqual([]);
    await channel.publish(stream, [sampleMessage()]);
  });

  it('of large arguments passes where they are in a payload store, and is refused where they are not', async () => {
    const like = { fields: { text: JSON.stringify('x'.repeat(3_000_000)) } };
    await openChannel().publish(freshStream(), [sampleMessage(like)]);
    const refused = openChannel({ payloads: 'record' }).publish(freshStream(), [sampleMessage(like)]);
    await expect(refused).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
  });

  it('makes its topic so that nothing is ever removed, and says what the topic is worth', async () => {
    const channel = openChannel({ partitions: 3, payloads: 'record' });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage()]);
    const found = await openDriver().topic(stream.topic);
    expect(found?.partitions).toBe(3);
    expect(found?.config.get('retention.ms')).toBe('-1');
    expect(heard.of('durability')[0]?.reason).toContain('replicas');
    expect(heard.of('fault')).toEqual([]);
  });

  it('tells of a topic that is compacted, since older events of its keys vanish', async () => {
    const stream = freshStream();
    await openDriver().createTopic({ topic: stream.topic, partitions: 1, config: { 'cleanup.policy': 'compact' } });
    const channel = openChannel({ payloads: 'record' });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(stream, [sampleMessage()]);
    expect(heard.of('fault').map(({ reason }) => reason)).toEqual([expect.stringContaining('compact')]);
  });

  it('to a topic that is missing is refused with a remedy where the channel may not make it', async () => {
    const channel = openChannel({ payloads: 'record', createTopics: false });
    const append = channel.publish(freshStream(), [sampleMessage()]);
    await expect(append).rejects.toThrow(/^EB_CHANNEL: .*createTopics is off; create it first/);
  });

  it('gives fields that outlive their topic a time to live, so that orphans go', async () => {
    const stream = freshStream();
    const config = { 'retention.ms': '60000' };
    await openDriver().createTopic({ topic: stream.topic, partitions: 1, config });
    const clock = { now: Date.now() };
    const payloads = memoryPayloadStore({ now: () => clock.now });
    const message = sampleMessage();
    await openChannel({ payloads }).publish(stream, [message]);
    clock.now += 86_400_000;
    expect(await payloads.list(message.id)).toHaveLength(1);
    clock.now += 60_001;
    expect(await payloads.list(message.id)).toEqual([]);
  });

  it('says that nothing was stored while no broker can be reached, and ends in time', async () => {
    const channel = openChannel({ brokers: ['127.0.0.1:1'], payloads: 'record', publishTimeoutMs: 1_000 });
    await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
  });
});
