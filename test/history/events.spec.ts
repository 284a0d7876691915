import { BackboneError, type Position } from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it } from 'vitest';
import { readingPromises } from './reading-promises.js';
import { all, CHANNELS, openScene } from './shop.js';

describe.for(CHANNELS)('a reader of a stream in %s', ([, open]) => {
  readingPromises(open);
});

describe('a reader', () => {
  const refusal = (work: () => unknown): unknown => {
    try {
      work();
      return undefined;
    } catch (error) {
      return error instanceof BackboneError ? [error.code, error.details['path']] : error;
    }
  };

  it('refuses at once what cannot be read', async () => {
    const { reader } = openScene();
    const at = (id: string, partition = 0): Position => ({ partition, id });
    const bad: readonly (readonly [() => unknown, string])[] = [
      [() => reader.events({ from: new Date(Date.now() + 3_600_000) }), 'from'],
      [() => reader.events({ from: new Date(NaN) }), 'from'],
      [() => reader.events({ from: new Date(2), until: new Date(1) }), 'until'],
      [() => reader.events({ from: at('5'), until: at('4') }), 'until'],
      [() => reader.events({ after: at('5'), until: at('4') }), 'until'],
      [() => reader.events({ from: at('5'), after: at('4') }), 'after'],
      [() => reader.events({ after: at('five') }), 'after'],
      [() => reader.events({ until: at('5', -1) }), 'until'],
      [() => reader.events({ after: [at('5'), at('6')] }), 'after'],
      [() => reader.events({ follow: new AbortController().signal, until: new Date() }), 'follow'],
      [() => reader.events({ batchSize: 0 }), 'batchSize'],
      [() => reader.events({ types: [] }), 'types'],
      [() => reader.events({ types: ['sold' as 'paid'] }), 'types'],
      [() => reader.events({ types: ['closed'], fields: ['amount'] }), 'fields'],
    ];
    expect(bad.map(([work]) => refusal(work))).toEqual(bad.map(([, path]) => ['EB_ARGUMENT', path]));
    await expect(reader.get(at('x'))).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    await expect(reader.byId('a b')).rejects.toMatchObject({ code: 'EB_NAME' });
  });

  it('waits for a time in the future when it follows', () => {
    const { reader } = openScene();
    const later = new Date(Date.now() + 3_600_000);
    expect(refusal(() => reader.events({ from: later, follow: new AbortController().signal }))).toBeUndefined();
  });

  it('says so where a channel cannot read by id', async () => {
    const { reader } = openScene(undefined, { readById: false });
    await expect(reader.byId('x')).rejects.toMatchObject({
      code: 'EB_UNSUPPORTED',
      details: { missing: ['readById'] },
    });
  });

  it('passes over types that the contract does not know, and gives them as plain JSON', async () => {
    const { channel, environment, shop, reader } = openScene();
    const known = await shop.paid('a', 1, 'note');
    const stream = { environment, contract: 'shop' };
    const [event] = await all(channel.read({ stream }));
    const message = event?.[0]?.message;
    if (!message) throw new Error('there is no event');
    const [published] = await channel.publish(stream, [{ ...message, id: 'new', type: 'refunded.v1' }]);
    expect((await all(reader.events())).map(({ id }) => id)).toEqual([known.id]);
    const plain = await all(reader.events({ plain: true }));
    expect(JSON.parse(JSON.stringify(plain))).toMatchObject([
      { name: 'paid', type: 'paid.v1', args: { account: 'a', amount: 1, note: 'note' } },
      { type: 'refunded.v1', id: 'new', args: { amount: 1 } },
    ]);
    expect(plain[1]?.name).toBeUndefined();
    const at = published?.position ?? known.position;
    await expect(reader.get(at)).rejects.toMatchObject({ code: 'EB_UNKNOWN_TYPE' });
    expect(await reader.get(at, { plain: true })).toMatchObject({ id: 'new', args: { amount: 1 } });
  });

  it('decodes nothing before it is looked at, and then says what is wrong', async () => {
    const { channel, environment, shop, reader } = openScene();
    await shop.paid('a', 1);
    const stream = { environment, contract: 'shop' };
    const [events] = await all(channel.read({ stream }));
    const message = events?.[0]?.message;
    if (!message) throw new Error('there is no event');
    await channel.publish(stream, [{ ...message, id: 'bad', fields: { account: '"a"', amount: '{secret' } }]);
    const [, bad] = await all(reader.events());
    expect(bad?.id).toBe('bad');
    expect(() => bad?.args).toThrow(expect.objectContaining({ code: 'EB_UNDECODABLE' }));
    expect((await all(reader.events({ plain: true })))[1]?.unreadable).toMatch(/^EB_UNDECODABLE(?!.*secret)/);
  });

  it('honours a time exactly although the clock of the server was set back', async () => {
    let now = 0;
    const { shop, reader } = openScene(() => memoryChannel({ now: () => now }));
    for (now of [10, 30, 20, 40, 25]) await shop.paid('a', now);
    const read = async (from: number, until: number) =>
      (await all(reader.events({ types: ['paid'], from: new Date(from), until: new Date(until) }))).map(
        ({ args }) => args.amount,
      );
    expect(await read(20, 30)).toEqual([20, 25]);
    expect(await read(25, 41)).toEqual([30, 40, 25]);
    expect(await read(41, 50)).toEqual([]);
  });
});
