import { describe, expect, it } from 'vitest';
import { Collector } from './collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { storedMessages } from './stored-messages.js';

const image = { store: 'archive', size: 5_000_000 };
const scan = { store: 'vault', size: 0 };

describe.skipIf(redisUrl === '')('references to payload stores in events on Redis', () => {
  it('come back as they were given, plain and personal, small and large', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const fields = { image, scan, note: '"5000000 archive"' };
    const large = largeMessage();
    const messages = [
      sampleMessage({ fields, personal: ['scan'] }),
      sampleMessage({ fields: { scan }, personal: ['scan'] }),
      largeMessage({ fields: { ...large.fields, image, scan }, personal: ['name', 'scan'] }),
    ];
    await channel.publish(stream, messages);
    const delivered = await new Collector(channel, stream).until(3);
    for (const found of [delivered.map(({ message }) => message), await storedMessages(stream)]) {
      expect(found.map((message) => ({ ...message?.fields }))).toEqual(messages.map(({ fields: given }) => given));
      expect(found.map((message) => [...(message?.personal ?? [])].sort())).toEqual(
        messages.map(({ personal }) => personal),
      );
    }
  });

  it.for(['"text"', '5000000', 'archive 5000000', '5000000 __proto__', '', Buffer.of(0xff)])(
    'make their event malformed, and no other, when somebody has written %j in their place',
    async (forged) => {
      const [stream, channel] = [freshStream(), openChannel()];
      const [before, hit, after] = ['before', 'hit', 'after'];
      const of = (id: string) => sampleMessage({ id, fields: { image, note: '"a"' } });
      await channel.publish(stream, [of(before), of(hit), of(after)]);
      await openClient().hset(keyOf(stream, `event:${hit}`), 'image', forged);
      const delivered = await new Collector(channel, stream).until(3);
      expect(delivered.map(({ message, malformed }) => [message?.id, malformed?.code])).toEqual([
        [before, undefined],
        [hit, 'EB_MALFORMED'],
        [after, undefined],
      ]);
      expect(delivered[1]?.message?.fields['image']).toBeUndefined();
    },
  );

  it('are told as erased when they were erased', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    await channel.publish(stream, [sampleMessage({ id: 'one', fields: { image, scan }, personal: ['scan'] })]);
    await channel.admin.erase(stream, ['one']);
    expect(await storedMessages(stream)).toMatchObject([{ fields: { image }, erased: ['scan'] }]);
  });
});
