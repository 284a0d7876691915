import { describe, expect, it } from 'vitest';
import { code, fieldsIn, message, opened, read, stream } from './routed-orders.js';

describe('reading routed fields', () => {
  it('asks each store once for a whole batch, and only for the fields that are wanted', async () => {
    const { channel, files, archive } = opened([
      { fields: ['plan'], to: 'files' },
      { fields: ['note'], to: 'archive' },
    ]);
    const fields = { user: '0', plan: '1', note: '2' };
    await channel.publish(
      stream,
      ['1', '2', '3'].map((id) => message(id, fields)),
    );
    expect(await fieldsIn(channel)).toEqual([fields, fields, fields]);
    expect([files.asked, archive.asked]).toEqual([['1.plan 2.plan 3.plan'], ['1.note 2.note 3.note']]);
    expect(await fieldsIn(channel, ['plan', 'user'])).toEqual(Array(3).fill({ user: '0', plan: '1' }));
    expect([files.asked.length, archive.asked.length]).toEqual([2, 1]);
  });

  it('asks for nothing of events that a group does not handle, or that hold no reference', async () => {
    const { channel, files } = opened([{ fields: ['plan'], to: 'files' }]);
    const messages = [
      message('1', { plan: '1' }),
      message('2', { plan: '2' }, { type: 'paid.v1' }),
      message('3', { note: '3' }),
    ];
    await channel.publish(stream, messages);
    const subscription = channel.subscribe({ stream, group: 'group', types: ['paid.v1'] });
    for await (const { deliveries } of subscription) {
      expect(deliveries.map((each) => each.fieldsOmitted ?? false)).toEqual([true, false, true]);
      break;
    }
    expect(files.asked).toEqual(['2.plan']);
    await channel.close();
  });

  it('asks the first of several stores, and the next one for what is over there', async () => {
    const { channel, cache, archive, pass } = opened([{ to: ['cache', 'archive'], ttlMs: { cache: 1_000 } }]);
    await channel.publish(stream, [message('1', { plan: '1' })]);
    expect(await fieldsIn(channel)).toEqual([{ plan: '1' }]);
    expect([cache.asked, archive.asked]).toEqual([['1.plan'], []]);
    pass(1_000);
    await channel.publish(stream, [message('2', { plan: '2' })]);
    expect(await fieldsIn(channel)).toEqual([{ plan: '1' }, { plan: '2' }]);
    expect([cache.asked[1], archive.asked]).toEqual(['1.plan 2.plan', ['1.plan']]);
  });

  it('makes an event malformed whose field is over in all of its stores, and no other one', async () => {
    const { channel, pass } = opened([{ fields: ['plan'], to: ['cache', 'archive'], ttlMs: 1_000 }]);
    await channel.publish(stream, [message('1', { plan: '"secret"' })]);
    pass(1_000);
    await channel.publish(stream, [message('2', { plan: '2' })]);
    const [lost, there] = await read(channel);
    expect(lost?.malformed).toMatchObject({ code: 'EB_FIELDS_LOST', details: { path: 'plan' } });
    expect(lost?.malformed?.message).toMatch(/"plan" of event 1 .*\(cache, archive\).*ttlMs/);
    expect(there?.malformed).toBeUndefined();
  });

  it('waits for a store that is away, unless another one has the value', async () => {
    const { channel, cache, archive, pass } = opened([{ to: ['cache', 'archive'], ttlMs: { cache: 1_000 } }]);
    await channel.publish(stream, [message('1', { plan: '1' })]);
    archive.fails = true;
    expect(await fieldsIn(channel)).toEqual([{ plan: '1' }]);
    pass(1_000);
    expect(await code(read(channel))).toMatchObject({ code: 'EB_CHANNEL', details: { store: 'archive' } });
    [cache.fails, archive.fails] = [true, false];
    expect(await fieldsIn(channel)).toEqual([{ plan: '1' }]);
  });

  it('stands still at a reference to a store that there is not, and says its name', async () => {
    const { memory, channel } = opened([]);
    await memory.publish(stream, [message('1', { plan: { store: 'glacier', size: 1 } })]);
    const refused = await code(read(channel));
    expect(refused).toMatchObject({ code: 'EB_OPTIONS' });
    expect(refused?.message).toContain('"glacier"');
  });

  it('fetches nothing that is too large, by what its reference says or by what is there', async () => {
    const { memory, channel, files } = opened([{ to: 'files' }], { maxArgumentBytes: 100 });
    const limit = 100 + 1_024;
    await memory.publish(stream, [message('1', { plan: { store: 'files', size: limit + 1 } })]);
    const tooLarge = { code: 'EB_TOO_LARGE', details: { path: 'plan', size: limit + 1, limit } };
    expect((await read(channel))[0]?.malformed).toMatchObject(tooLarge);
    expect(files.asked).toEqual([]);
    await files.put([{ eventId: '2', field: 'plan', value: Buffer.alloc(limit + 1) }]);
    await memory.publish(stream, [message('2', { plan: { store: 'files', size: limit } })]);
    expect((await read(channel))[1]?.malformed).toMatchObject(tooLarge);
  });

  it('fetches an argument of the largest size that was encrypted on its way', async () => {
    const { channel } = opened([{ to: 'files' }], { maxArgumentBytes: 100 });
    await channel.publish(stream, [message('1', { plan: Buffer.alloc(100 + 200, 'x') })]);
    expect((await read(channel))[0]?.malformed).toBeUndefined();
  });

  it('is not kept from going on by an event whose id no store would take', async () => {
    const { memory, channel } = opened([]);
    await memory.publish(stream, [message('a:b', { plan: { store: 'files', size: 1 } })]);
    expect((await read(channel))[0]?.malformed).toMatchObject({ code: 'EB_MALFORMED' });
  });
});
