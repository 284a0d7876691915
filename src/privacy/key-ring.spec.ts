import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { PayloadStore } from '../core/index.js';
import { memoryPayloadStore } from '../memory/index.js';
import { keyOf, SHARDS, tombstoneOf, type KeyName } from './key-record.js';
import { KeyRing, type DataKey, type KeyRingOptions } from './key-ring.js';
import { Pseudonyms, secretCheck } from './index.js';
import { LocalWrapping } from './wrapping.js';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2).toString('base64');
const pseudonyms = new Pseudonyms('a secret of the test');
const ada = pseudonyms.ofSubject('', 'ada@example.org');
const bob = pseudonyms.ofSubject('', 'bob@example.org');

function ringOn(store: PayloadStore, options: Partial<KeyRingOptions> = {}, now?: () => number): KeyRing {
  return new KeyRing({ store, wrapping: { current: 'k1', keys: { k1: OLD } }, ...options }, [], now);
}

async function keyFor(ring: KeyRing, pseudonym = ada): Promise<DataKey> {
  const key = (await ring.forWriting([pseudonym])).get(pseudonym);
  if (!key) throw new Error('no key');
  return key;
}

const nameOf = (key: DataKey, pseudonym = ada): KeyName => ({ pseudonym, keyId: key.id });
const bytesOf = (key: DataKey) => key.key.export().toString('hex');

/** Counts how often a store is asked. */
function counting(store: PayloadStore): { readonly store: PayloadStore; readonly asked: () => number } {
  let asked = 0;
  const counted: PayloadStore = {
    put: (entries, options) => store.put(entries, options),
    get: (keys) => ((asked += 1), store.get(keys)),
    erase: (keys) => store.erase(keys),
    list: (id) => store.list(id),
    close: () => store.close(),
  };
  return { store: counted, asked: () => asked };
}

describe('the key ring', () => {
  it('gives a person one key, whichever process asks first', async () => {
    const store = memoryPayloadStore();
    const rings = Array.from({ length: 8 }, () => ringOn(store));
    const keys = await Promise.all(rings.map((ring) => keyFor(ring)));
    expect(new Set(keys.map(bytesOf)).size).toBe(1);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
  });

  it('gives each person another key', async () => {
    const ring = ringOn(memoryPayloadStore());
    expect(bytesOf(await keyFor(ring, ada))).not.toBe(bytesOf(await keyFor(ring, bob)));
  });

  it('stores neither a key nor a name in the clear', async () => {
    const store = memoryPayloadStore();
    const put: string[] = [];
    const key = await keyFor(
      ringOn({
        ...counting(store).store,
        put: (entries, options) => {
          for (const entry of entries)
            put.push(`${entry.eventId} ${entry.field} ${Buffer.from(entry.value).toString('hex')}`);
          return store.put(entries, options);
        },
      }),
    );
    expect(put.join('\n')).not.toContain(bytesOf(key));
    // With the sign: by chance the three letters stand in many a number.
    const hex = Buffer.from('ada@').toString('hex');
    expect(put.join('\n')).not.toMatch(new RegExp(`ada@|example|${hex}`));
    expect(ada).toMatch(/^[\w-]{43}$/);
  });

  it('finds the keys of a whole batch in one look', async () => {
    const inner = memoryPayloadStore();
    const keys = [await keyFor(ringOn(inner), ada), await keyFor(ringOn(inner), bob)];
    const { store, asked } = counting(inner);
    const ring = ringOn(store);
    await ring.verify();
    const before = asked();
    const found = await ring.forReading([nameOf(keys[0] as DataKey), nameOf(keys[1] as DataKey, bob)]);
    expect(asked() - before).toBe(1);
    expect(found).toMatchObject([{ id: keys[0]?.id }, { id: keys[1]?.id }]);
  });

  it('remembers keys for a while, and not more than it may', async () => {
    let now = 0;
    const ring = ringOn(memoryPayloadStore(), { cacheSize: 1, cacheMs: 50 }, () => now);
    await keyFor(ring, ada);
    expect(ring.cached(ada)).toBeDefined();
    await keyFor(ring, bob);
    expect(ring.cached(ada)).toBeUndefined();
    now = 50;
    expect(ring.cached(bob)).toBeUndefined();
  });

  it('tells a key that was erased from one that is lost', async () => {
    const store = memoryPayloadStore();
    const ring = ringOn(store);
    const key = await keyFor(ring);
    const lost = await keyFor(ring, bob);
    await ring.erase(nameOf(key));
    await store.erase([keyOf(bob)]);
    const found = await ring.forReading([nameOf(key), nameOf(lost, bob)]);
    expect(found).toEqual(['erased', expect.objectContaining({ code: 'EB_FIELDS_LOST' })]);
    expect(ring.cached(ada)).toBeUndefined();
  });

  it('does not remember a key that was erased while it was being unwrapped', async () => {
    const store = memoryPayloadStore();
    const key = await keyFor(ringOn(store));
    const local = new LocalWrapping({ current: 'k1', keys: { k1: OLD } });
    let unwrap: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (unwrap = resolve));
    const wrapping = {
      wrap: (...given: Parameters<LocalWrapping['wrap']>) => local.wrap(...given),
      unwrap: async (...given: Parameters<LocalWrapping['unwrap']>) => (await asked, local.unwrap(...given)),
    };
    const ring = ringOn(store, { wrapping });
    await ring.verify();
    const reading = ring.forReading([nameOf(key)]);
    await vi.waitFor(async () => expect(await ring.currentKeyId(ada)).toBe(key.id));
    await ring.erase(nameOf(key));
    unwrap();
    await reading;
    expect(ring.cached(ada)).toBeUndefined();
  });

  it('without the mark of an erasure takes the key for lost', async () => {
    const store = memoryPayloadStore();
    const ring = ringOn(store);
    const key = await keyFor(ring);
    await ring.erase(nameOf(key));
    await store.erase([tombstoneOf(nameOf(key))]);
    expect(await ring.forReading([nameOf(key)])).toMatchObject([{ code: 'EB_FIELDS_LOST' }]);
  });

  it('gives a person who comes back a new key, and the old one stays erased', async () => {
    const ring = ringOn(memoryPayloadStore());
    const first = await keyFor(ring);
    await ring.erase(nameOf(first));
    const second = await keyFor(ring);
    expect(second.id).not.toBe(first.id);
    expect(await ring.forReading([nameOf(first), nameOf(second)])).toMatchObject(['erased', { id: second.id }]);
  });

  it('spares the new key of a person when the erasure of the old one is repeated', async () => {
    const ring = ringOn(memoryPayloadStore());
    const first = await keyFor(ring);
    await ring.erase(nameOf(first));
    const second = await keyFor(ring);
    expect(await ring.erase(nameOf(first))).toBe(false);
    expect(await ring.currentKeyId(ada)).toBe(second.id);
  });

  it('writes nothing under a key whose erasure was cut off', async () => {
    const store = memoryPayloadStore();
    const first = await keyFor(ringOn(store));
    await store.put([{ ...tombstoneOf(nameOf(first)), value: Buffer.of(1) }]);
    const second = await keyFor(ringOn(store));
    expect(second.id).not.toBe(first.id);
  });

  it('knows a key that somebody has put back', async () => {
    const store = memoryPayloadStore();
    const ring = ringOn(store);
    const key = await keyFor(ring);
    const [record] = await store.get([keyOf(ada)]);
    await ring.erase(nameOf(key));
    expect(await ring.standing([nameOf(key)])).toEqual(['gone']);
    await store.put([{ ...keyOf(ada), value: record ?? Buffer.of() }]);
    expect(await ring.standing([nameOf(key)])).toEqual(['returned']);
    expect(await ring.forReading([nameOf(key)])).toEqual(['erased']);
  });

  it('sets aside what a changed record keeps closed, and asks again while the store is away', async () => {
    const store = memoryPayloadStore();
    const key = await keyFor(ringOn(store));
    const [record] = await store.get([keyOf(ada)]);
    const forged = Buffer.from(record ?? []);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    await store.put([{ ...keyOf(ada), value: forged }]);
    expect(await ringOn(store).forReading([nameOf(key)])).toMatchObject([{ code: 'EB_TAMPERED' }]);
    await store.put([{ ...keyOf(ada), value: Buffer.from('no key') }]);
    expect(await ringOn(store).forReading([nameOf(key)])).toMatchObject([{ code: 'EB_TAMPERED' }]);
    const ring = ringOn(store);
    await ring.verify();
    await store.close();
    await expect(ring.forReading([nameOf(key)])).rejects.toMatchObject({ code: 'EB_CLOSED' });
  });

  it("refuses another person's key in the place of one's own", async () => {
    const store = memoryPayloadStore();
    const ring = ringOn(store);
    await keyFor(ring, ada);
    const other = await keyFor(ring, bob);
    const [record] = await store.get([keyOf(bob)]);
    await store.put([{ ...keyOf(ada), value: record ?? Buffer.of() }]);
    expect(await ringOn(store).forReading([nameOf(other, ada)])).toMatchObject([{ code: 'EB_TAMPERED' }]);
  });
});

describe('a wrapping key', () => {
  it('of the wrong length is refused at once, and shown to nobody', () => {
    const short = randomBytes(31).toString('base64');
    const make = () => ringOn(memoryPayloadStore(), { wrapping: { current: 'k1', keys: { k1: short } } });
    expect(make).toThrow(expect.objectContaining({ code: 'EB_OPTIONS' }));
    expect(make).not.toThrow(short);
    expect(() => ringOn(memoryPayloadStore(), { wrapping: { current: 'k2', keys: { k1: OLD } } })).toThrow(/current/);
  });

  it('that was changed is found out before anything is read or written', async () => {
    const store = memoryPayloadStore();
    const key = await keyFor(ringOn(store));
    const changed = ringOn(store, { wrapping: { current: 'k1', keys: { k1: NEW } } });
    await expect(changed.verify()).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    await expect(changed.forReading([nameOf(key)])).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    await expect(changed.forWriting([bob])).rejects.toMatchObject({ code: 'EB_OPTIONS' });
  });

  it('that is missing is asked for, and nothing is set aside', async () => {
    const store = memoryPayloadStore();
    const key = await keyFor(ringOn(store));
    const without = ringOn(store, { wrapping: { current: 'k2', keys: { k2: NEW } } });
    await expect(without.forReading([nameOf(key)])).rejects.toMatchObject({
      code: 'EB_OPTIONS',
      message: expect.stringContaining('"k1"') as string,
    });
  });

  it('is checked as soon as the store is there', async () => {
    const store = memoryPayloadStore();
    let away = true;
    const ring = ringOn({
      ...counting(store).store,
      put: (entries, options) => (away ? Promise.reject(new Error('away')) : store.put(entries, options)),
    });
    await expect(ring.verify()).rejects.toThrow('away');
    away = false;
    await expect(ring.verify()).resolves.toBeUndefined();
  });

  it('is rotated: new keys are wrapped under the current one, and old ones when they are gone through', async () => {
    const store = memoryPayloadStore();
    const first = await keyFor(ringOn(store), ada);
    const both = { current: 'k2', keys: { k1: OLD, k2: NEW } };
    const second = await keyFor(ringOn(store, { wrapping: both }), bob);
    const only = { wrapping: { current: 'k2', keys: { k2: NEW } } };
    expect(await ringOn(store, only).forReading([nameOf(second, bob)])).toMatchObject([{ id: second.id }]);
    expect(await ringOn(store, { wrapping: both }).rotate()).toEqual({ rewrapped: 1 });
    const [found] = await ringOn(store, only).forReading([nameOf(first)]);
    expect(found).toMatchObject({ id: first.id });
    expect(bytesOf(found as DataKey)).toBe(bytesOf(first));
    expect(await ringOn(store, { wrapping: both }).rotate()).toEqual({ rewrapped: 0 });
  });

  it('is rotated piece by piece', async () => {
    const store = memoryPayloadStore();
    const people = Array.from({ length: 20 }, (_, i) => pseudonyms.ofSubject('', `person-${i}`));
    await ringOn(store).forWriting(people);
    const ring = ringOn(store, { wrapping: { current: 'k2', keys: { k1: OLD, k2: NEW } } });
    let rewrapped = 0;
    let calls = 0;
    for (let from: number | undefined = 0; from !== undefined; calls += 1) {
      const done = await ring.rotate({ from, limit: 5 });
      expect(done.next ?? SHARDS).toBeGreaterThan(from);
      rewrapped += done.rewrapped;
      from = done.next;
    }
    expect(rewrapped).toBe(20);
    expect(calls).toBeGreaterThan(2);
  });

  it('may be in a service of its own', async () => {
    const store = memoryPayloadStore();
    const seen: string[] = [];
    const wrapping = {
      wrap: async (key: Uint8Array, { pseudonym }: { pseudonym: string }) => (
        seen.push(pseudonym),
        key.map((byte) => byte ^ 7)
      ),
      unwrap: async (wrapped: Uint8Array) => wrapped.map((byte) => byte ^ 7),
    };
    const key = await keyFor(ringOn(store, { wrapping }));
    expect(seen).toEqual([ada]);
    expect(await ringOn(store, { wrapping }).forReading([nameOf(key)])).toMatchObject([{ id: key.id }]);
    const away = { ...wrapping, unwrap: () => Promise.reject(new Error('the service is away')) };
    await expect(ringOn(store, { wrapping: away }).forReading([nameOf(key)])).rejects.toThrow('away');
  });
});

describe('the secret of pseudonyms', () => {
  it('must be the one that the store was used with', async () => {
    const store = memoryPayloadStore();
    const ringWith = (secret: string) =>
      new KeyRing({ store, wrapping: { current: 'k1', keys: { k1: OLD } } }, [
        secretCheck({ pseudonyms: new Pseudonyms(secret) }),
      ]);
    await ringWith('the first secret').verify();
    await expect(ringWith('the first secret').verify()).resolves.toBeUndefined();
    await expect(ringWith('the other secret').verify()).rejects.toMatchObject({ code: 'EB_OPTIONS' });
  });

  it('is not too short, and tenants and people cannot be confused', () => {
    expect(() => new Pseudonyms('short')).toThrow(expect.objectContaining({ code: 'EB_OPTIONS' }));
    const names = [
      pseudonyms.ofSubject('a', 'bc'),
      pseudonyms.ofSubject('ab', 'c'),
      pseudonyms.ofSubject('', 'abc'),
      new Pseudonyms('another secret of the test').ofSubject('', 'abc'),
    ];
    expect(new Set(names).size).toBe(4);
  });
});
