import { describe, expect, it } from 'vitest';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

const PLAN = { store: 'files', size: 7_000_000 };

describe.skipIf(!hasServers)('a reference to another store', () => {
  it.each(['in records', 'in a payload store'])(
    'is stored beside arguments that are %s, and read back',
    async (place) => {
      const store = memoryPayloadStore();
      const channel = openChannel({ brokers, payloads: place === 'in records' ? 'record' : store });
      const stream = freshStream();
      const message = sampleMessage({ fields: { product: '7', photo: Buffer.from([0, 255]), plan: PLAN } });
      await channel.publish(stream, [message]);
      const [delivery] = await new Collector(channel, stream).until(1);
      const { photo, ...others } = delivery?.message?.fields ?? {};
      expect([others, Buffer.from(photo as Uint8Array).toString('hex')]).toEqual([
        { product: '7', plan: PLAN },
        '00ff',
      ]);
      const read: unknown[] = [];
      for await (const events of channel.read({ stream, fields: ['plan'] })) {
        read.push(...events.map((event) => ({ ...event.message?.fields })));
      }
      expect(read).toEqual([{ plan: PLAN }]);
      expect((await store.list(message.id)).map(({ field }) => field)).not.toContain('plan');
    },
  );

  it.each([
    { store: '', size: 1 },
    { store: 'files', size: -1 },
    { store: 'files', size: 0.5 },
  ])('is refused where it says nothing: %j', async (plan) => {
    const published = openChannel().publish(freshStream(), [sampleMessage({ fields: { plan } })]);
    await expect(published).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
  });
});
