import { BackboneError, type Channel, type Reducer } from 'nest-event-backbone';
import { describeContract, erasureMessage, jsonCodec, type PayloadStore } from 'nest-event-backbone/core';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe, expect, it } from 'vitest';
import { all, CHANNELS, openScene, Shop, type Buyer } from './shop.js';
import { BALANCE, eventsRead, pay, statePromises } from './state-promises.js';

/** Who has an account, which is personal. */
const OWNER: Reducer<Shop, { readonly email?: string; readonly paid: number }> = {
  name: 'owner',
  version: 1,
  initial: () => ({ paid: 0 }),
  on: {
    opened: (state, { args, erased }) =>
      erased.includes('buyer') ? state : { ...state, email: (args.buyer as Buyer).email },
    paid: (state, { args }) => ({ ...state, paid: state.paid + args.amount }),
  },
};

/** A channel whose reads go on to what was appended while they ran, as those of a key do on PostgreSQL. */
function openEnded(inner: Channel): Channel {
  return {
    supports: inner.supports,
    admin: inner.admin,
    publish: (...args) => inner.publish(...args),
    subscribe: (options) => inner.subscribe(options),
    close: () => inner.close(),
    async *read({ after, ...options }) {
      for (let reached = after, isEnd = false; !isEnd;) {
        isEnd = true;
        for await (const events of inner.read({ ...options, after: reached, batchSize: 1 })) {
          yield events;
          const last = events.at(-1);
          if (!last) continue;
          reached = [last.position];
          isEnd = false;
        }
      }
    },
  };
}

describe.for(CHANNELS)('the state of a stream in %s', ([, open]) => {
  statePromises(open);
});

describe('snapshots', () => {
  const scene = async (events = 10) => {
    const opened = openScene();
    await pay(opened, events);
    return { ...opened, snapshots: { store: memoryPayloadStore(), every: 4 }, read: eventsRead(opened) };
  };

  it('of another version of the reducer, another key and another reducer do not count', async () => {
    const { reader, snapshots, shop } = await scene();
    await shop.paid('b', 5);
    expect(await reader.fold(BALANCE, { key: 'a', snapshots })).toBe(10);
    const twice: Reducer<Shop, number> = {
      ...BALANCE,
      on: { paid: (balance, { args }) => balance + 2 * args.amount },
    };
    expect(await reader.fold({ ...twice, version: 2 }, { key: 'a', snapshots })).toBe(20);
    expect(await reader.fold({ ...twice, name: 'twice' }, { key: 'a', snapshots })).toBe(20);
    expect(await reader.fold(BALANCE, { key: 'b', snapshots })).toBe(5);
    // The twin: under the same name and version, the state of the old reducer goes on.
    expect(await reader.fold(twice, { key: 'a', snapshots })).toBe(8 + 2 * 2);
  });

  it('serve states of the past, from the last one that is old enough', async () => {
    const { reader, snapshots, read } = await scene(10);
    await reader.fold(BALANCE, { key: 'a', snapshots });
    const positions = (await all(reader.events())).map(({ position }) => position);
    read();
    expect(await reader.fold(BALANCE, { key: 'a', snapshots, until: positions[5] })).toBe(6);
    expect(read()).toBe(2);
    expect(await reader.fold(BALANCE, { key: 'a', snapshots, until: positions[2] })).toBe(3);
  });

  it('serve a moment only if nothing in them is younger, and are not made of one', async () => {
    let now = 0;
    const { shop, reader } = openScene(() => memoryChannel({ now: () => now }));
    const snapshots = { store: memoryPayloadStore(), every: 1 };
    for (now of [10, 30, 20]) await shop.paid('a', now);
    const at = (ms: number) => reader.fold(BALANCE, { key: 'a', snapshots, until: new Date(ms) });
    expect(await at(30)).toBe(30);
    expect(await reader.fold(BALANCE, { key: 'a', snapshots })).toBe(60);
    expect([await at(10), await at(11), await at(21), await at(30), await at(31)]).toEqual([0, 10, 30, 30, 60]);
  });

  it('from before an erasure are dropped, so that nothing that was erased comes back', async () => {
    const { channel, environment, shop, reader } = openScene();
    const stream = { environment, contract: 'shop' };
    const snapshots = { store: memoryPayloadStore(), every: 1 };
    const { id } = await shop.opened('a', { email: 'ada@example.org' }, new Date());
    const { position } = await shop.paid('a', 1);
    const owner = (until?: typeof position) => reader.fold(OWNER, { key: 'a', snapshots, ...(until && { until }) });
    expect(await owner()).toEqual({ email: 'ada@example.org', paid: 1 });

    await channel.admin.erase(stream, [id]);
    // The twin: as long as nobody tells, the snapshot still holds it.
    expect(await owner()).toEqual({ email: 'ada@example.org', paid: 1 });
    const erasure = { events: [id], fields: ['buyer'], time: 7 };
    const about = { key: 'a', erasure, codec: jsonCodec, source: 'test' };
    await channel.publish(stream, [erasureMessage(describeContract(Shop), about)]);
    expect(await owner(position)).toEqual({ paid: 1 });
    expect(await owner()).toEqual({ paid: 1 });
    await shop.paid('a', 1);
    expect(await owner()).toEqual({ paid: 2 });
  });

  it('are not made of what was read before an erasure that is met on the way', async () => {
    const { channel, environment, shop, reader } = openScene(() => openEnded(memoryChannel()));
    const stream = { environment, contract: 'shop' };
    const { id } = await shop.opened('a', { email: 'ada@example.org' }, new Date());
    await shop.paid('a', 1);
    let isErased = false;
    const eager: typeof OWNER = { ...OWNER, on: { ...OWNER.on, closed: (state) => state } };
    const inner = memoryPayloadStore();
    const store: PayloadStore = {
      get: (keys) => inner.get(keys),
      list: (event) => inner.list(event),
      erase: (keys) => inner.erase(keys),
      close: () => inner.close(),
      put: async (entries, options) => {
        await inner.put(entries, options);
        if (isErased) return;
        isErased = true;
        // She is erased while the fold has her data in hand.
        await channel.admin.erase(stream, [id]);
        const about = {
          key: 'a',
          erasure: { events: [id], fields: ['buyer'], time: 7 },
          codec: jsonCodec,
          source: 't',
        };
        await channel.publish(stream, [erasureMessage(describeContract(Shop), about)]);
        await shop.closed('a');
      },
    };
    const snapshots = { store, every: 1 };
    expect(await reader.fold(eager, { key: 'a', snapshots })).toMatchObject({ email: 'ada@example.org' });
    expect(await reader.fold(eager, { key: 'a', snapshots })).toEqual({ paid: 1 });
  });

  it('refuse a state that would come back changed, unless the reducer restores it', async () => {
    const { reader, snapshots } = await scene();
    const initial = (): ReadonlySet<number> => new Set();
    const dates: Reducer<Shop, ReadonlySet<number>> = {
      ...{ name: 'days', version: 1, initial },
      on: { paid: (days, { position }) => new Set([...days, Number(position.id)]) },
    };
    await expect(reader.fold(dates, { key: 'a', snapshots })).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    const restored: typeof dates = { ...dates, save: (days) => [...days], restore: (days: number[]) => new Set(days) };
    await reader.fold(restored, { key: 'a', snapshots });
    expect(await reader.fold(restored, { key: 'a', snapshots })).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  });

  it('need a reducer that can be told apart, and a sensible distance', async () => {
    const { reader, snapshots } = await scene();
    const { initial, on } = BALANCE;
    const refused = { code: 'EB_OPTIONS' };
    await expect(reader.fold({ initial, on }, { snapshots })).rejects.toMatchObject(refused);
    await expect(reader.fold(BALANCE, { snapshots: { ...snapshots, every: 0 } })).rejects.toMatchObject(refused);
  });
});

describe('an aggregate', () => {
  const spend = (amount: number) => (balance: number, record: { paid(account: string, amount: number): void }) => {
    if (balance < amount) throw new RangeError(`there are ${balance} only`);
    record.paid('a', -amount);
  };

  it('decides from its state, and again when somebody else was faster', async () => {
    const scene = openScene();
    const { shop, reader } = scene;
    await shop.paid('a', 10);
    const account = reader.aggregate('a', BALANCE);
    expect(await account.load()).toEqual({ state: 10, version: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => account.decide(spend(4))));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(rejected?.reason).toBeInstanceOf(RangeError);
    expect(await account.load()).toEqual({ state: 2, version: 3 });
  });

  it('overdraws without the version, which is what the version is for', async () => {
    const { shop, reader } = openScene();
    await shop.paid('a', 10);
    const account = reader.aggregate('a', BALANCE, { concurrency: 'none' });
    await Promise.all([1, 2, 3].map(() => account.decide(spend(4))));
    expect(await account.load()).toEqual({ state: -2, version: 4 });
  });

  it('gives up when others are faster each time', async () => {
    const { shop, reader } = openScene();
    const account = reader.aggregate('a', BALANCE, { attempts: 2 });
    let decided = 0;
    const interrupted = account.decide((_, record) => {
      decided += 1;
      void shop.paid('a', 1);
      record.paid('a', 1);
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'EB_CONFLICT' });
    expect(decided).toBe(2);
  });

  it('counts every event of its key, with snapshots as without, and appends nothing for nothing', async () => {
    const scene = openScene();
    await scene.shop.opened('a', { email: 'ada@example.org' }, new Date());
    await pay(scene, 5);
    const account = scene.reader.aggregate('a', BALANCE, { snapshots: { store: memoryPayloadStore(), every: 4 } });
    expect(await account.load()).toEqual({ state: 5, version: 6 });
    expect(await account.load()).toEqual({ state: 5, version: 6 });
    expect(await account.decide(() => undefined)).toEqual([]);
    await account.decide(spend(5));
    expect(await account.load()).toEqual({ state: 0, version: 7 });
  });

  it('is refused where a channel cannot keep two decisions apart', () => {
    const { reader } = openScene(undefined, { expectedVersion: false });
    expect(() => reader.aggregate('a', BALANCE)).toThrow(BackboneError);
    expect(reader.aggregate('a', BALANCE, { concurrency: 'none' }).key).toBe('a');
  });
});
