import { describe, expect, it } from 'vitest';
import type { Delivery, ReadEvent, Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';

const fields = { name: '"Ada"', email: '"ada@example.com"', product: '7', note: '"later"' };
const personal = ['name', 'email'];

describe.skipIf(redisUrl === '')('what was erased from an event on Redis', () => {
  it('is told by name, to consumers and readers, and nothing is told of other events', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const messages = ['whole', 'some', 'untouched'].map((id) => sampleMessage({ id, fields, personal }));
    await channel.publish(stream, messages);
    await channel.admin.erase(stream, ['whole']);
    await channel.admin.erase(stream, ['some'], ['product', 'email', 'unheard-of']);
    for (const found of [await read(stream), await new Collector(channel, stream).until(3)]) {
      expect(erasedOf(found)).toEqual([['email', 'name'], ['email', 'product'], undefined]);
      expect(found.map(({ malformed }) => malformed)).toEqual([undefined, undefined, undefined]);
      expect(Object.keys(found[1]?.message?.fields ?? {}).sort()).toEqual(['name', 'note']);
    }
  });

  it('is told by name of a large event as well, and in a batch of many', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const messages = Array.from({ length: 30 }, (_, i) =>
      i % 2 === 0 ? largeMessage() : sampleMessage({ fields, personal: ['name'] }),
    );
    await channel.publish(stream, messages);
    const ids = messages.map(({ id }) => id);
    expect(await channel.admin.erase(stream, ids)).toBe(30);
    expect(erasedOf(await read(stream))).toEqual(ids.map(() => ['name']));
  });

  it('is added to what was erased before, and told once', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const { id } = sampleMessage();
    await channel.publish(stream, [sampleMessage({ id, fields, personal })]);
    for (const names of [['email'], ['note', 'email'], ['product']]) await channel.admin.erase(stream, [id], names);
    expect(erasedOf(await read(stream))).toEqual([['email', 'note', 'product']]);
    await channel.admin.erase(stream, [id]);
    await channel.admin.erase(stream, [id]);
    expect(erasedOf(await read(stream))).toEqual([['email', 'name', 'note', 'product']]);
    expect(await openClient().hgetall(keyOf(stream, `personal:${id}`))).toEqual({ $erased: '1 email name' });
  });

  it('stays erased under the mark of an older build, which has no names, and under any other', async () => {
    for (const mark of ['1', 'yes', '', Buffer.of(0xff), '1 __proto__ a/b  ', ' ']) {
      const [stream, channel, client] = [freshStream(), openChannel(), openClient()];
      const { id } = sampleMessage();
      await channel.publish(stream, [sampleMessage({ id, fields, personal })]);
      await client.del(keyOf(stream, `personal:${id}`));
      await client.hset(keyOf(stream, `personal:${id}`), '$erased', mark);
      const [found] = await read(stream);
      expect(found).toMatchObject({ malformed: undefined, message: { erased: [] } });
      await channel.admin.erase(stream, [id], ['product']);
      expect(erasedOf(await read(stream))).toEqual([['product']]);
    }
  });

  it('may have the name that the mark begins with', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const { id } = sampleMessage();
    await channel.publish(stream, [sampleMessage({ id, fields: { '1': '"a"' }, personal: ['1'] })]);
    await channel.admin.erase(stream, [id]);
    await channel.admin.erase(stream, [id], ['1']);
    expect(erasedOf(await read(stream))).toEqual([['1']]);
  });

  it('is lost, not erased, without the mark', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const { id } = sampleMessage();
    await channel.publish(stream, [sampleMessage({ id, fields, personal })]);
    await channel.admin.erase(stream, [id]);
    await openClient().hdel(keyOf(stream, `personal:${id}`), '$erased');
    const [found] = await read(stream);
    expect(found).toMatchObject({ malformed: { code: 'EB_FIELDS_LOST' }, message: { erased: undefined } });
  });

  it('is erased even where somebody has put something else in the place of the hash', async () => {
    const [stream, channel, client] = [freshStream(), openChannel(), openClient()];
    const { id } = sampleMessage();
    await channel.publish(stream, [sampleMessage({ id, fields, personal })]);
    await client.set(keyOf(stream, `personal:${id}`), 'Ada');
    expect(await channel.admin.erase(stream, [id])).toBe(1);
    expect(await client.hgetall(keyOf(stream, `personal:${id}`))).toEqual({ $erased: '1' });
  });
});

async function read(stream: Stream): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of openChannel().read({ stream })) events.push(...batch);
  return events;
}

function erasedOf(found: readonly Pick<Delivery, 'message'>[]) {
  return found.map(({ message }) => message?.erased && [...message.erased].sort());
}
