import { describe, expect, it } from 'vitest';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel, openDriver, redisUrl } from './open-channel.js';

const PERSONAL = { fields: { name: '"Ada"', product: '7' }, personal: ['name'] } as const;

describe.skipIf(!hasServers)('personal data on Kafka', () => {
  it('is in no record: neither in the stream nor in the copy of a dead letter', async () => {
    const channel = openChannel({ partitions: 1 });
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage(PERSONAL)]);
    const collector = new Collector(channel, stream, { holds: true });
    const [delivery] = await collector.until(1);
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
    await collector.subscription.settle(delivery ? [{ delivery, deadLetter }] : []);
    const driver = openDriver();
    for (const topic of [stream.topic, `${stream.topic}.groups`]) {
      let bytes = '';
      for await (const records of driver.read(topic, await wholeOf(topic))) {
        for (const { value, headers } of records) bytes += `${value?.toString()} ${JSON.stringify(headers)}`;
      }
      expect(bytes).toContain('');
      expect(bytes).not.toContain('Ada');
      expect(bytes).not.toContain(Buffer.from('Ada').toJSON().data.join(','));
    }

    async function wholeOf(topic: string) {
      const marks = await driver.watermarks(topic);
      return marks.map(({ partition, low, high }) => ({ partition, from: low, to: high }));
    }
  });

  it('does not come back when its event is appended again', async () => {
    const channel = openChannel({ partitions: 1 });
    const stream = freshStream();
    const message = sampleMessage(PERSONAL);
    await channel.publish(stream, [message]);
    expect(await channel.admin.erase(stream, [message.id])).toBe(1);
    expect(await channel.admin.erase(stream, [message.id])).toBe(0);
    await channel.publish(stream, [message]);
    const collector = new Collector(channel, stream);
    const deliveries = await collector.until(2);
    expect(deliveries.map((delivery) => ({ ...delivery.message?.fields }))).toEqual([
      { product: '7' },
      { product: '7' },
    ]);
    expect(deliveries.map(({ malformed }) => malformed)).toEqual([undefined, undefined]);
    expect(deliveries.map((delivery) => delivery.message?.erased)).toEqual([['name'], ['name']]);
  });

  it('that was lost and not erased makes its event malformed', async () => {
    const channel = openChannel({ partitions: 1 });
    const stream = freshStream();
    const message = sampleMessage(PERSONAL);
    await channel.publish(stream, [message]);
    const store = redisPayloadStore({ url: redisUrl });
    await store.erase([{ eventId: message.id, field: 'name' }]);
    await store.close();
    const [delivery] = await new Collector(channel, stream).until(1);
    expect(delivery?.malformed?.code).toBe('EB_FIELDS_LOST');
  });

  it('cannot be erased from records, and the channel says so', async () => {
    const channel = openChannel({ payloads: 'record' });
    expect(channel.supports.erase).toBe(false);
    await expect(channel.admin.erase(freshStream(), ['id'])).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
  });
});
