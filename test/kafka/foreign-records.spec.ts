import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from 'nest-event-backbone/kafka';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel, openDriver } from './open-channel.js';

describe.skipIf(!hasServers)('records that the library did not write', () => {
  it.each(['record', undefined] as const)(
    'are malformed, tombstones are passed by, and events go on (%s)',
    async (payloads) => {
      const channel = openChannel({ partitions: 1, ...(payloads && { payloads }) });
      const stream = freshStream();
      const [first, last] = [sampleMessage(), sampleMessage()];
      await channel.publish(stream, [first]);
      await openDriver().produce(
        stream.topic,
        [
          foreign({ value: null, key: Buffer.from('a') }),
          foreign({ value: Buffer.from('{"a":1}') }),
          foreign({ value: Buffer.from([0xff, 0x00]), headers: headers({ ce_id: '../x', ce_type: 't.v1' }) }),
          foreign({ value: Buffer.alloc(0), headers: headers({ ce_id: 'x', ce_type: 't.v1', ce_time: 'never' }) }),
          foreign({ value: null, key: null }),
          foreign({
            value: Buffer.from('[]'),
            headers: headers({ ce_id: 'x', ce_type: 't.v1', ce_time: '2026-01-01' }),
          }),
        ],
        5_000,
      );
      await channel.publish(stream, [last]);
      const collector = new Collector(channel, stream);
      await collector.until(6);
      expect(collector.ids).toEqual([first.id, ...Array<string>(4).fill('malformed'), last.id]);
      expect(collector.deliveries.slice(1, 5).map(({ malformed }) => malformed?.code)).toEqual(
        Array<string>(4).fill('EB_MALFORMED'),
      );
      expect((await channel.admin.state(stream, 'group'))?.lag).toBe(0);
    },
  );

  it('can be set aside, with a copy of what they were', async () => {
    const channel = openChannel({ payloads: 'record', partitions: 1 });
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage()]);
    await openDriver().produce(stream.topic, [foreign({ value: Buffer.from('hello'), key: null })], 5_000);
    const collector = new Collector(channel, stream, { holds: true });
    const [, delivery] = await collector.until(2);
    const reason = { kind: 'malformed', code: 'EB_MALFORMED', error: 'no id', attempts: 0 } as const;
    await collector.subscription.settle(delivery ? [{ delivery, deadLetter: reason }] : []);
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    expect(letter).toMatchObject({ ...reason, position: { partition: 0, id: '1' } });
    expect(letter?.eventId).toBeUndefined();
    const shown = await channel.admin.deadLetters.show(stream, 'group', letter?.id ?? '');
    expect(shown?.event?.malformed?.code).toBe('EB_MALFORMED');
  });
});

function foreign(like: Partial<KafkaRecord>): KafkaRecord {
  return { partition: 0, key: Buffer.from('key'), value: Buffer.from('{}'), headers: {}, ...like };
}

function headers(texts: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
}
