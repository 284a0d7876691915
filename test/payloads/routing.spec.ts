import { describe, expect, it } from 'vitest';
import type { FieldReference, Message } from 'nest-event-backbone/core';
import { payloadRouting, type PayloadRoute } from 'nest-event-backbone';
import { code, fieldsIn, message, opened, Orders, read, stream } from './routed-orders.js';

describe('routed fields', () => {
  it.each<[string, readonly PayloadRoute[], readonly string[]]>([
    ['all of them, where nothing else is said', [{ to: 'files' }], ['user', 'plan', 'note']],
    ['the personal ones', [{ fields: 'personal', to: 'files' }], ['user']],
    ['the named ones', [{ fields: ['plan', 'note'], to: 'files' }], ['plan', 'note']],
    ['the large ones', [{ aboveBytes: 5, to: 'files' }], ['plan']],
    ['those of one contract, by its class', [{ contract: Orders, fields: ['note'], to: 'files' }], ['note']],
    ['those of one contract, by its name', [{ contract: 'orders', fields: ['note'], to: 'files' }], ['note']],
    ['none of another contract', [{ contract: 'others', to: 'files' }], []],
    ['those of one event, by its method', [{ event: 'placed', fields: ['note'], to: 'files' }], ['note']],
    [
      'those of one event, by its type',
      [{ contract: Orders, event: 'placed.v1', fields: ['note'], to: 'files' }],
      ['note'],
    ],
    ['none of another event', [{ event: 'paid', to: 'files' }], []],
  ])('are kept in the store, and come back to who reads them: %s', async (_, routes, names) => {
    const { memory, channel, files } = opened(routes);
    const fields = { user: '"Ada"', plan: '"zażółć"', note: '"12"' };
    await channel.publish(stream, [message('1', fields)]);
    const sizes = { user: 5, plan: 12, note: 4 };
    const references = names.map((name) => [name, { store: 'files', size: sizes[name as keyof typeof sizes] }]);
    expect(await fieldsIn(memory)).toEqual([{ ...fields, ...(Object.fromEntries(references) as object) }]);
    expect(files.put_.filter((name) => name !== '.personal')).toEqual(names);
    expect(await fieldsIn(channel)).toEqual([fields]);
  });

  it('go where the first route leads that takes them', async () => {
    const { memory, channel } = opened([
      { fields: 'personal', to: 'archive' },
      { aboveBytes: 5, to: 'files' },
      { fields: ['note'], to: ['cache', 'archive'] },
    ]);
    await channel.publish(stream, [
      message('1', { user: '"Ada Lovelace"', plan: '"a long one"', note: '1', other: '2' }),
    ]);
    expect(await fieldsIn(memory)).toEqual([
      {
        user: { store: 'archive', size: 14 },
        plan: { store: 'files', size: 12 },
        note: { store: 'cache+archive', size: 1 },
        other: '2',
      },
    ]);
    expect(await fieldsIn(channel)).toEqual([{ user: '"Ada Lovelace"', plan: '"a long one"', note: '1', other: '2' }]);
  });

  it('go where their own argument says before any route, and stay where that says they are small', async () => {
    const { memory, channel } = opened([{ to: 'archive' }]);
    const paid = { type: 'paid.v2', personal: [] };
    await channel.publish(stream, [
      message('1', { plan: '"12345"', note: '1' }, paid),
      message('2', { plan: '"12"' }, paid),
    ]);
    const note = { store: 'archive', size: 1 };
    expect(await fieldsIn(memory)).toEqual([{ plan: { store: 'files', size: 7 }, note }, { plan: '"12"' }]);
  });

  it('may be segments of an argument', async () => {
    const { memory, channel } = opened([{ contract: Orders, fields: ['user.contact'], to: 'files' }]);
    const packed = { type: 'packed.v1', personal: ['user.contact'] };
    await channel.publish(stream, [message('1', { 'user.public': '1', 'user.contact': '2' }, packed)]);
    expect(await fieldsIn(memory)).toEqual([{ 'user.public': '1', 'user.contact': { store: 'files', size: 1 } }]);
    expect(await fieldsIn(channel)).toEqual([{ 'user.public': '1', 'user.contact': '2' }]);
  });

  it("are never those of the library's own events, nor references to other stores", async () => {
    const { memory, channel } = opened([{ to: 'files' }]);
    const plan: FieldReference = { store: 'elsewhere', size: 3 };
    await channel.publish(stream, [message('1', { erasure: '1' }, { type: '$erased.v1' }), message('2', { plan })]);
    expect(await fieldsIn(memory)).toEqual([{ erasure: '1' }, { plan }]);
  });

  it('keep the bytes that they had, and are put once for each store and time', async () => {
    const { channel, files, cache } = opened([
      { fields: 'personal', to: 'files', ttlMs: 5_000 },
      { fields: ['plan'], to: ['cache', 'files'], ttlMs: { cache: 1_000 } },
    ]);
    const plan = Uint8Array.from({ length: 256 }, (_, i) => i);
    await channel.publish(stream, [message('1', { user: '1', plan }), message('2', { plan })]);
    const [event] = await read(channel);
    expect(Buffer.from(event?.message?.fields['plan'] as Uint8Array).equals(plan)).toBe(true);
    expect(cache.put_).toEqual(['plan 1000', 'plan 1000']);
    // Which fields are personal is known as long as any field is there.
    expect(files.put_).toEqual(['user 5000', 'plan', '.personal', 'plan']);
  });
});

describe('an append whose fields are routed', () => {
  it('is not stored when one of the stores does not confirm, and says which', async () => {
    const { memory, channel, archive } = opened([{ to: ['cache', 'archive'] }]);
    archive.fails = true;
    const failed = await code(channel.publish(stream, [message('1', { user: '"secret"' })]));
    expect(failed).toMatchObject({
      code: 'EB_NOT_STORED',
      details: { store: 'archive' },
      cause: new Error('connect ECONNREFUSED'),
    });
    expect(failed?.message).toContain('payload store archive');
    expect(failed?.message).not.toContain('secret');
    expect(await read(memory)).toEqual([]);
    archive.fails = false;
    await channel.publish(stream, [message('1', { user: '"secret"' })]);
    expect(await fieldsIn(channel)).toEqual([{ user: '"secret"' }]);
  });

  it('is refused for what a store refuses, and for a field that begins with a dot', async () => {
    const { channel } = opened([{ to: 'files' }]);
    expect(await code(channel.publish(stream, [message('a:b', { note: '1' })]))).toMatchObject({ code: 'EB_NAME' });
    expect(await code(channel.publish(stream, [message('1', { '.note': '1' })]))).toMatchObject({
      code: 'EB_ARGUMENT',
    });
  });
});

describe('erasing routed fields', () => {
  it('erases the personal ones or the named ones wherever they are kept, and says so to readers', async () => {
    const { channel } = opened([{ to: ['cache', 'archive'], ttlMs: { cache: 1_000 } }]);
    const fields = { user: '"Ada"', plan: '1', note: '2' };
    await channel.publish(
      stream,
      ['1', '2', '3'].map((id) => message(id, fields)),
    );
    expect(await channel.admin.erase(stream, ['1', 'unknown', 'a:b'])).toBe(1);
    expect(await channel.admin.erase(stream, ['2'], ['plan'])).toBe(1);
    expect(await channel.admin.erase(stream, ['1'])).toBe(0);
    expect(await fieldsIn(channel)).toEqual([{ plan: '1', note: '2' }, { user: '"Ada"', note: '2' }, fields]);
    expect((await read(channel)).map((event) => event.message?.erased)).toEqual([['user'], ['plan'], undefined]);
  });

  it('holds where the channel itself keeps the reference', async () => {
    const { memory, channel, archive } = opened([{ to: ['cache', 'archive'] }]);
    await channel.publish(stream, [message('1', { user: '"Ada"', plan: '1' })]);
    const stored = (await read(memory)).flatMap(({ message: of }) => of ?? []);
    const routing = payloadRouting({ stores: { archive, cache: archive } });
    expect(await routing.erase?.(stream, { ids: ['1'] })).toEqual(['1']);
    const [seen] = await routing.inward(stream, stored);
    expect(seen).toMatchObject({ erased: ['user'] });
    expect(Object.keys((seen as Message).fields)).toEqual(['plan']);
  });

  it('is not undone by an append of the same event, also where the field was over', async () => {
    const { channel, cache, pass } = opened([{ to: ['cache', 'archive'], ttlMs: { cache: 1_000 } }]);
    const event = message('1', { user: '"Ada"' });
    await channel.publish(stream, [event]);
    pass(1_000);
    await channel.admin.erase(stream, ['1']);
    await channel.publish(stream, [event]);
    const values = await cache.get([{ eventId: '1', field: 'user' }]);
    expect(Buffer.from(values[0] ?? '').toString()).not.toContain('Ada');
    expect((await read(channel))[0]?.message).toMatchObject({ fields: {}, erased: ['user'] });
  });
});
