import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  BackboneError,
  ContractEvent,
  EventBackboneModule,
  EventsContract,
  getPrivacyToken,
  InjectPrivacy,
  Key,
  Personal,
  Privacy,
  Stored,
  type EventBackboneOptions,
} from 'nest-event-backbone';
import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sharedStore } from '#app-kit';
import { quietLogger } from '../nest/start-application.js';
import { everything, SECRET, sharedChannel, startVisits, textOf, withErase, WRAPPING } from './start-visits.js';
import { Visits } from './visits.js';

@EventsContract('guests')
class Guests {
  @ContractEvent()
  came(@Personal({ of: ({ email }: { email: string }) => email }) email: string) {
    return { email };
  }
}

@EventsContract('prices')
class Prices {
  @ContractEvent()
  set(@Stored({ encrypted: true }) price: number) {
    return { price };
  }
}

@EventsContract('doors')
class Doors {
  @ContractEvent()
  opened(@Key({ hashed: true }) @Personal() email: string) {
    return { email };
  }
}

const keysIn = (store: PayloadStore) => ({ store, wrapping: WRAPPING });

async function start(options: Partial<EventBackboneOptions>, contracts: Parameters<Backbone['producer']>[0][] = []) {
  const { logger, logged } = quietLogger();
  const module = await Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: memoryChannel(), ...options }),
      EventBackboneModule.forFeature(contracts),
    ],
  })
    .setLogger(logger)
    .compile();
  onTestFinished(() => module.close());
  await module.init();
  return { backbone: module.get(Backbone), privacy: module.get(Privacy), logged, module };
}

/** A channel like a log: what is in it stays. */
function logLike(channel: Channel = memoryChannel()): Channel {
  return sharedChannel(channel, { supports: { ...channel.supports, erase: false, readById: false } });
}

describe('an application is not started with', () => {
  it.each([
    ['a secret that is too short', { secret: 'short' }, 'privacy.secret'],
    ['an unknown option', { secret: SECRET, key: 1 }, 'privacy'],
    [
      'an unknown option of keys',
      { secret: SECRET, keys: { ...keysIn(memoryPayloadStore()), ttl: 1 } },
      'privacy.keys',
    ],
    [
      'a store that is none',
      { secret: SECRET, keys: { ...keysIn(memoryPayloadStore()), store: {} } },
      'privacy.keys.store',
    ],
    ['keys that are not wrapped', { secret: SECRET, keys: { store: memoryPayloadStore() } }, 'privacy.keys.wrapping'],
    [
      'a cache of no size',
      { secret: SECRET, keys: { ...keysIn(memoryPayloadStore()), cacheSize: 0 } },
      'privacy.keys.cacheSize',
    ],
    ['encryption without keys', { secret: SECRET, encrypt: true }, 'privacy.encrypt'],
    ['a tenant that is no function', { secret: SECRET, tenant: 'a' }, 'privacy.tenant'],
    [
      'a wrapping key that is too short',
      { secret: SECRET, keys: { store: memoryPayloadStore(), wrapping: { current: 'a', keys: { a: 'c2hvcnQ=' } } } },
      'privacy.keys.wrapping',
    ],
  ])('%s', async (_, privacy, path) => {
    const error: unknown = await start({ privacy: privacy as never }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'EB_OPTIONS', details: { path } });
  });

  it('a payload store that is none, or a route to nowhere', async () => {
    await expect(start({ payloads: { stores: { a: {} as never } } })).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    await expect(start({ payloads: { stores: {}, routes: [{ to: 'a' }] } })).rejects.toMatchObject({
      code: 'EB_OPTIONS',
    });
  });

  it('another secret, or another wrapping key, than its stores were used with', async () => {
    const store = memoryPayloadStore();
    await start({ privacy: { secret: SECRET, keys: keysIn(sharedStore(store)) } });
    const other = { current: 'k1', keys: { k1: Buffer.alloc(32, 9) } };
    await expect(
      start({ privacy: { secret: SECRET, keys: { store: sharedStore(store), wrapping: other } } }),
    ).rejects.toMatchObject({ code: 'EB_OPTIONS', message: expect.stringContaining('"k1"') as string });
    await expect(
      start({ privacy: { secret: `${SECRET} of another year`, keys: keysIn(sharedStore(store)) } }),
    ).rejects.toMatchObject({ code: 'EB_OPTIONS', message: expect.stringContaining('privacy.secret') as string });
    await expect(start({ privacy: { secret: SECRET, keys: keysIn(store) } })).resolves.toBeDefined();
  });

  it('an argument that asks to be encrypted, and no keys', async () => {
    await expect(start({}, [Prices])).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    const privacy = { secret: SECRET, keys: keysIn(memoryPayloadStore()) };
    await expect(start({ privacy: { ...privacy, encrypt: false } }, [Prices])).rejects.toMatchObject({
      code: 'EB_OPTIONS',
    });
    await expect(start({ privacy }, [Prices])).resolves.toBeDefined();
  });

  it('a hashed key and no secret', async () => {
    await expect(start({}, [Doors])).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    await expect(start({ privacy: { secret: SECRET } }, [Doors])).resolves.toBeDefined();
  });

  it('personal data in the clear on a channel that cannot erase', async () => {
    await expect(start({ channel: logLike() }, [Guests])).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
    const privacy = { secret: SECRET, keys: keysIn(memoryPayloadStore()) };
    await expect(
      start({ channel: logLike(), privacy: { ...privacy, encrypt: false } }, [Guests]),
    ).rejects.toMatchObject({
      code: 'EB_UNSUPPORTED',
    });
    await expect(start({ channel: logLike(), privacy }, [Guests])).resolves.toBeDefined();
  });
});

describe('on a channel from which nothing can be taken', () => {
  const inLog = async () => {
    const memory = memoryChannel();
    const cannot = () => Promise.reject(new BackboneError('EB_UNSUPPORTED', 'nothing can be taken out of a log'));
    const channel = withErase(memory, cannot, { supports: logLike(memory).supports });
    return { memory, ...(await startVisits({ channel, store: memoryPayloadStore() })) };
  };

  it('a person is erased by the key alone', async () => {
    const { visits, privacy, read, memory, stream, seen } = await inLog();
    await visits.came({ email: 'ada@example.org', name: 'Ada Canary' }, 1);
    expect(textOf(await read())).toContain('Canary');
    expect(await privacy.export('ada@example.org')).toHaveLength(1);
    expect(await privacy.erase('ada@example.org')).toMatchObject({ events: 1, keys: 1, announced: 1 });
    expect(textOf(await read())).not.toContain('Canary');
    expect((await read())[0]?.message?.erased).toEqual(['visitor']);
    const [stored] = await everything(memory, stream);
    expect(stored?.message?.fields).toHaveProperty('visitor');
    await vi.waitFor(() => expect(seen.erasures).toHaveLength(1));
    expect((await privacy.audit()).findings).toEqual([]);
  });

  it('an event is erased where its fields belong to nobody, and refused where they belong to a person', async () => {
    const { visits, privacy, read } = await inLog();
    const { id } = await visits.remarked('a Canary sings', 1);
    const other = await visits.came({ email: 'ada@example.org', name: 'Ada' }, 2);
    expect(await privacy.eraseEvent(Visits, id)).toBe(true);
    expect(textOf(await read())).not.toContain('Canary');
    await expect(privacy.eraseEvent(Visits, other.id)).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
    expect(textOf(await read())).toContain('Ada');
  });
});

describe('an application', () => {
  it('starts while the store of the keys is away, and says so', async () => {
    const store = memoryPayloadStore();
    let away = true;
    const failing: PayloadStore = {
      ...sharedStore(store),
      put: (entries, options) => (away ? Promise.reject(new Error('nobody is there')) : store.put(entries, options)),
      get: (keys) => (away ? Promise.reject(new Error('nobody is there')) : store.get(keys)),
      list: (id) => (away ? Promise.reject(new Error('nobody is there')) : store.list(id)),
    };
    const { backbone, logged } = await start({ privacy: { secret: SECRET, keys: keysIn(failing) } }, [Guests]);
    expect(logged.join('\n')).toContain('nobody is there');
    await expect(backbone.producer(Guests).came('ada@example.org')).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    away = false;
    await expect(backbone.producer(Guests).came('ada@example.org')).resolves.toBeDefined();
  });

  it('waits with its consumers while the store of the keys is away, and loses nothing', async () => {
    const store = memoryPayloadStore();
    let away = false;
    const failing: PayloadStore = {
      ...sharedStore(store),
      get: (keys) => (away ? Promise.reject(new Error('nobody is there')) : store.get(keys)),
    };
    const channel = sharedChannel(memoryChannel());
    const environment = `visits-${randomUUID()}`;
    const privacy = { secret: SECRET, keys: keysIn(failing) };
    const first = await startVisits({ channel, store: failing, environment }, { privacy, consumers: 'none' });
    await first.visits.came({ email: 'ada@example.org', name: 'Ada' }, 1);
    await first.app.close();
    const second = await startVisits({ channel, store: failing, environment }, { privacy, autoStart: false });
    away = true;
    second.backbone.start();
    await vi.waitFor(() => expect(second.logged.join('\n')).toContain('fields cannot be restored'), {
      timeout: 15_000,
    });
    expect(second.seen.visitors).toEqual([]);
    away = false;
    await vi.waitFor(() => expect(second.seen.visitors).toMatchObject([{ name: 'Ada' }]), { timeout: 15_000 });
    expect(await second.letters.list(Visits)).toEqual([]);
  });

  it('closes its stores with it', async () => {
    const [keys, index, large] = [memoryPayloadStore(), memoryPayloadStore(), memoryPayloadStore()];
    const { module } = await start({
      privacy: { secret: SECRET, keys: keysIn(keys), index },
      payloads: { stores: { large } },
    });
    await module.close();
    for (const store of [keys, index, large])
      await expect(store.list('x')).rejects.toMatchObject({ code: 'EB_CLOSED' });
  });

  it('that has not set privacy up is told so when it asks', async () => {
    const { privacy } = await start({});
    await expect(privacy.erase('ada@example.org')).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    await expect(privacy.audit()).rejects.toMatchObject({ code: 'EB_OPTIONS' });
  });

  it.each([[''], [undefined], [7], [null]])('refuses to erase the person %j', async (subject) => {
    const { privacy } = await start({ privacy: { secret: SECRET, keys: keysIn(memoryPayloadStore()) } });
    for (const call of [privacy.erase(subject as string), privacy.export(subject as string)]) {
      await expect(call).rejects.toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'subject' } });
    }
  });

  it('erases without encryption, too, where the channel can', async () => {
    const channel = memoryChannel();
    const { backbone, privacy } = await start({ channel, privacy: { secret: SECRET, index: memoryPayloadStore() } }, [
      Guests,
    ]);
    await backbone.producer(Guests).came('ada@example.org');
    expect(await privacy.erase('ada@example.org')).toMatchObject({ events: 1, fields: 1, keys: 0 });
    const stream = { environment: 'default', contract: 'guests' };
    expect(textOf(await everything(channel, stream))).not.toContain('ada');
  });

  it('injects the privacy of one of its connections', async () => {
    @Injectable()
    class Clerk {
      constructor(@InjectPrivacy('second') readonly privacy: Privacy) {}
    }
    const module = await Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: memoryChannel() }),
        EventBackboneModule.forRoot({
          name: 'second',
          channel: memoryChannel(),
          privacy: { secret: SECRET, index: memoryPayloadStore() },
        }),
      ],
      providers: [Clerk],
    }).compile();
    onTestFinished(() => module.close());
    expect(module.get(Clerk).privacy).toBe(module.get(getPrivacyToken('second')));
    expect(module.get(Clerk).privacy).not.toBe(module.get(Privacy));
    expect(module.get(Clerk).privacy.isSetUp).toBe(true);
  });
});
