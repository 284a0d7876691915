import { describe, expect, it } from 'vitest';
import type { Message, ReadEvent, Stream } from 'nest-event-backbone/core';
import type { RedisChannelOptions } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';

const LIMIT = 100_000;
const over = 'x'.repeat(LIMIT + 2_000);
const half = 'x'.repeat(LIMIT / 2 + 1_000);

/** What somebody could put into an event's hashes, and what its entry says about them. */
const OVERSIZED: readonly {
  readonly name: string;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly plain?: Readonly<Record<string, string>>;
  readonly personal?: Readonly<Record<string, string>>;
}[] = [
  { name: 'one value', entry: { fields: 1 }, plain: { sample: over } },
  { name: 'one value, as the entry says', entry: { fields: 1, large: true }, plain: { sample: over } },
  { name: 'a personal value', entry: { personal: 1 }, personal: { sample: over } },
  { name: 'two values', entry: { fields: 2 }, plain: { sample: half, other: half } },
  {
    name: 'a plain and a personal value',
    entry: { fields: 1, personal: 1 },
    plain: { a: half },
    personal: { b: half },
  },
  { name: 'a value that the entry does not speak of', entry: { fields: 1 }, plain: { sample: '1', other: over } },
  { name: 'a name that is none', entry: { fields: 1 }, plain: { sample: '1', [over]: '' } },
  { name: 'a name of the library', entry: { fields: 1 }, plain: { sample: '1', $erased: over } },
  {
    name: 'fields without end',
    entry: { fields: 1 },
    plain: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, ''])),
  },
];

describe.skipIf(redisUrl === '')('an event on Redis with more than the limit in its hashes', () => {
  it.for(OVERSIZED.map((each) => [each.name, each] as const))(
    'is malformed, alone and among others: %s',
    async ([, { entry, plain, personal }]) => {
      const [stream, client] = [freshStream(), openClient()];
      const channel = openChannel({ url: redisUrl, maxEventBytes: LIMIT });
      const time = new Date().toISOString();
      if (plain) await client.hset(keyOf(stream, 'event:huge'), plain);
      if (personal) await client.hset(keyOf(stream, 'personal:huge'), personal);
      await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify({ id: 'huge', type: 'a.v1', time, ...entry }));
      const tooLarge = {
        message: { id: 'huge', fields: {} },
        malformed: { code: 'EB_MALFORMED', details: { limit: LIMIT } },
      };
      expect(await readAll(stream, { maxEventBytes: LIMIT })).toMatchObject([tooLarge]);
      const others = Array.from({ length: 40 }, (_, i) => sampleMessage({ id: `other-${i}` }));
      await channel.publish(stream, others);
      for (const found of [
        await readAll(stream, { maxEventBytes: LIMIT }),
        await new Collector(channel, stream).until(41),
      ]) {
        expect(found.slice(0, 1)).toMatchObject([tooLarge]);
        expect(fieldsOf(found.slice(1))).toEqual(others.map(({ fields }) => fields));
      }
    },
  );

  it('is handed on with all that is in it under a higher limit', async () => {
    const [stream, client] = [freshStream(), openClient()];
    await client.hset(keyOf(stream, 'event:huge'), 'sample', over);
    const entry = { id: 'huge', type: 'a.v1', time: new Date().toISOString(), fields: 1 };
    await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify(entry));
    const group = 'group';
    const strict = openChannel({ url: redisUrl, maxEventBytes: LIMIT });
    const first = new Collector(strict, stream, { group, holds: true });
    const [delivery] = await first.until(1);
    if (!delivery) throw new Error('nothing was delivered');
    const deadLetter = { kind: 'malformed', code: 'EB_MALFORMED', error: 'too large', attempts: 0 } as const;
    await first.subscription.settle([{ delivery, deadLetter }]);
    await first.subscription.close();
    const [letter] = await strict.admin.deadLetters.list(stream, group);
    const id = letter?.id ?? '';
    expect(await strict.admin.deadLetters.show(stream, group, id)).toMatchObject({
      event: { malformed: { code: 'EB_MALFORMED', details: { limit: LIMIT } } },
    });
    await strict.admin.deadLetters.redrive(stream, group, [id]);
    const generous = openChannel({ url: redisUrl, maxEventBytes: 2 * LIMIT });
    const [again] = await new Collector(generous, stream, { group }).until(1);
    expect(again).toMatchObject({ malformed: undefined, message: { fields: { sample: over } } });
  });
});

describe.skipIf(redisUrl === '')('an event on Redis up to the limit', () => {
  it('is stored and comes back, and is refused with one byte more', async () => {
    const [stream, channel] = [freshStream(), openChannel({ url: redisUrl, maxEventBytes: LIMIT })];
    const of = (bytes: number, value = 'x'): Message =>
      sampleMessage({ fields: { sample: value.repeat(bytes - 12), name: '' }, personal: ['name'] });
    // Names count as well: these are ten bytes.
    const messages = [of(LIMIT), of(LIMIT + 2), of(LIMIT / 2, 'é')];
    await channel.publish(stream, messages);
    await expect(channel.publish(stream, [of(LIMIT + 3)])).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
    await expect(channel.publish(stream, [of(LIMIT / 2 + 8, 'é')])).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
    await channel.admin.erase(stream, [messages[0]?.id ?? '']);
    const found = await readAll(stream, { maxEventBytes: LIMIT });
    expect(fieldsOf(found).map((fields) => fields['sample'])).toEqual(messages.map(({ fields }) => fields['sample']));
  });

  it('comes back whole where its writer has not said that it is large, in a batch of many', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const values = Array.from({ length: 60 }, (_, i) => String(i % 10).repeat(i % 3 === 0 ? 20_000 : 20));
    for (const [i, sample] of values.entries()) {
      const entry = { id: `e${i}`, type: 'a.v1', time: new Date().toISOString(), fields: 1, personal: 1 };
      await client.hset(keyOf(stream, `event:e${i}`), { sample });
      await client.hset(keyOf(stream, `personal:e${i}`), { name: `n${i}` });
      await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify(entry));
    }
    expect(fieldsOf(await readAll(stream))).toEqual(values.map((sample, i) => ({ sample, name: `n${i}` })));
  });
});

async function readAll(stream: Stream, options: RedisChannelOptions = {}): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of openChannel({ url: redisUrl, ...options }).read({ stream })) events.push(...batch);
  return events;
}

function fieldsOf(found: readonly Pick<ReadEvent, 'message'>[]) {
  return found.map(({ message }) => ({ ...message?.fields }));
}
