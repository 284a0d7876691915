import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { payloadStoreConformance } from '../testing/payload-store-conformance.js';
import type { CouchbaseCollection } from './couchbase-collection.js';
import { couchbasePayloadStore, type CouchbasePayloadStoreOptions } from './couchbase-payload-store.js';

interface Call {
  readonly operation: 'get' | 'insert' | 'replace' | 'remove';
  readonly key: string;
  readonly options: { readonly cas?: unknown; readonly expiry?: number | Date; readonly durabilityLevel?: unknown };
}

/** Documents with compare-and-swap, as the SDK describes it: for the logic of the store, and no proof about a server. */
class CasDocuments implements CouchbaseCollection {
  readonly calls: Call[] = [];
  readonly documents = new Map<string, { readonly json: string; readonly cas: number }>();
  failure: ((call: Call) => string | undefined) | undefined;
  ignoresCas = false;
  #cas = 0;

  async get(key: string, options: object = {}) {
    await this.#called('get', key, options);
    const { json, cas } = this.documents.get(key) ?? fails('DocumentNotFoundError');
    return { content: JSON.parse(json) as unknown, cas };
  }

  async insert(key: string, value: unknown, options: object = {}) {
    await this.#called('insert', key, options);
    if (this.documents.has(key) && !this.ignoresCas) fails('DocumentExistsError');
    this.#set(key, value);
  }

  async replace(key: string, value: unknown, options: object = {}) {
    await this.#called('replace', key, options);
    this.#compare(key, options);
    this.#set(key, value);
  }

  async remove(key: string, options: object = {}) {
    await this.#called('remove', key, options);
    this.#compare(key, options);
    this.documents.delete(key);
  }

  async #called(operation: Call['operation'], key: string, options: object) {
    const call = { operation, key, options };
    this.calls.push(call);
    await turn();
    const failure = this.failure?.(call);
    if (failure !== undefined) fails(failure);
  }

  #compare(key: string, { cas }: Call['options']) {
    const { cas: present } = this.documents.get(key) ?? fails('DocumentNotFoundError');
    if (cas !== present && !this.ignoresCas) fails('CasMismatchError');
  }

  #set(key: string, value: unknown) {
    this.documents.set(key, { json: JSON.stringify(value), cas: (this.#cas += 1) });
  }
}

function fails(name: string): never {
  throw Object.assign(new Error('canary-text of the client'), { name });
}

const value = Buffer.from('canary-payload');
const entry = (field: string, eventId = 'event') => ({ eventId, field, value });

function opened(options: Partial<CouchbasePayloadStoreOptions> = {}) {
  const collection = new CasDocuments();
  return { collection, store: couchbasePayloadStore({ collection, ...options }) };
}

const last = ({ calls }: CasDocuments) => calls.at(-1);

describe('on documents with compare-and-swap the payload store keeps its promises:', () => {
  const collection = new CasDocuments();
  const store = couchbasePayloadStore({ collection });
  const open = () => Promise.resolve(couchbasePayloadStore({ collection }));

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store, open })).resolves.toBeUndefined();
  });
});

describe('the payload store on Couchbase', () => {
  const writers = Array.from({ length: 20 }, (_, i) => `field-${i}`);
  const putAtOnce = async ({ collection, store }: ReturnType<typeof opened>) => {
    const other = couchbasePayloadStore({ collection, commandTimeoutMs: 20_000 });
    await Promise.all(writers.map((field, i) => (i % 2 === 0 ? store : other).put([entry(field)])));
    return (await store.list('event')).map(({ field }) => field);
  };

  it('loses no field when many are put into one event at the same time', async () => {
    const scene = opened({ commandTimeoutMs: 20_000 });
    expect((await putAtOnce(scene)).sort()).toEqual([...writers].sort());
    await Promise.all(writers.map((field) => scene.store.erase([entry(field)])));
    expect([...scene.collection.documents]).toEqual([]);
  });

  it('would lose some if documents were not compared before they are swapped', async () => {
    const scene = opened();
    scene.collection.ignoresCas = true;
    expect((await putAtOnce(scene)).length).toBeLessThan(writers.length);
  });

  it('keeps one document for an event, and none without fields', async () => {
    const { collection, store } = opened({ prefix: 'mine' });
    await store.put([entry('a'), entry('b'), entry('c', 'other')]);
    expect([...collection.documents.keys()]).toEqual(['mine:event', 'mine:other']);
    await store.put([entry('a')], { ifAbsent: true });
    expect(last(collection)?.operation).toBe('get');
    expect(await store.erase([entry('a'), entry('b')])).toBe(2);
    expect([...collection.documents.keys()]).toEqual(['mine:other']);
  });

  it('tells the server when the last field of a document is over: from now, or as a date beyond 30 days', async () => {
    const { collection, store } = opened();
    const day = 24 * 3_600;
    const told = () => last(collection)?.options.expiry;
    const seconds = () => (typeof told() === 'number' ? Number(told()) : NaN);
    await store.put([entry('a')], { ttlMs: 1 });
    expect(seconds()).toBeLessThanOrEqual(2);
    await store.put([entry('b')], { ttlMs: 29 * day * 1_000 });
    expect(Math.abs(seconds() - 29 * day)).toBeLessThan(120);
    await store.put([entry('a')], { ttlMs: day * 1_000 });
    expect(seconds()).toBeGreaterThan(28 * day);
    const before = Date.now();
    await store.put([entry('c')], { ttlMs: 31 * day * 1_000 });
    expect(told()).toBeInstanceOf(Date);
    expect(Number(told())).toBeGreaterThanOrEqual(before + 31 * day * 1_000);
    await store.put([entry('d')], { ttlMs: Number.MAX_SAFE_INTEGER });
    expect(told()).toBe(0);
    await store.put([entry('e', 'endless')]);
    expect(told()).toBe(0);
  });

  it('passes the durability on to each change', async () => {
    const { collection, store } = opened({ durabilityLevel: 1 });
    await store.put([entry('a')]);
    await store.put([entry('b')]);
    await store.erase([entry('a'), entry('b')]);
    const changes = collection.calls.filter(({ operation }) => operation !== 'get');
    expect(changes.map(({ options }) => options.durabilityLevel)).toEqual([1, 1, 1]);
  });

  it('says that nothing was changed when others are faster for too long', async () => {
    const { collection, store } = opened({ commandTimeoutMs: 50 });
    collection.failure = ({ operation }) => (operation === 'insert' ? 'DocumentExistsError' : undefined);
    await expect(store.put([entry('a')])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
  });

  it.each([
    ['UnambiguousTimeoutError', 'EB_NOT_STORED'],
    ['AmbiguousTimeoutError', 'EB_OUTCOME_UNKNOWN'],
    ['DurabilityAmbiguousError', 'EB_OUTCOME_UNKNOWN'],
    ['SomethingNewError', 'EB_OUTCOME_UNKNOWN'],
    ['QuotaLimitedError', 'EB_BACKPRESSURE'],
    ['ValueTooLargeError', 'EB_TOO_LARGE'],
    ['AuthenticationFailureError', 'EB_CHANNEL'],
  ])('says what %s of the client means, and nothing of what was put', async (name, code) => {
    const { collection, store } = opened();
    collection.failure = ({ operation }) => (operation === 'insert' ? name : undefined);
    const error: unknown = await store.put([entry('a')]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(inspect([error, store], { depth: Infinity, showHidden: true })).not.toContain('canary');
    collection.failure = () => name;
    await expect(store.get([entry('a')])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await expect(store.list('event')).rejects.toMatchObject({ code: 'EB_CHANNEL' });
  });

  it('does not say that nothing was changed when one event was and another was not', async () => {
    const { collection, store } = opened();
    collection.failure = ({ key }) => (key.endsWith('second') ? 'UnambiguousTimeoutError' : undefined);
    const put = store.put([entry('a', 'first'), entry('a', 'second')]);
    await expect(put).rejects.toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
  });

  it('refuses an event that is larger than a document may be', async () => {
    const { collection, store } = opened();
    const large = new Uint8Array(8 * 2 ** 20);
    await store.put([{ ...entry('a'), value: large }]);
    await expect(store.put([{ ...entry('b'), value: large }])).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
    expect(await store.list('event')).toEqual([{ eventId: 'event', field: 'a' }]);
    expect(collection.documents.size).toBe(1);
  });

  it.each([[{}], [{ fields: 1 }], [{ fields: { a: 1 } }], [{ fields: { 'a:b': { value: '' } } }], ['text'], [null]])(
    'touches no document that is not its own: %j',
    async (content) => {
      const { collection, store } = opened();
      const eventId = randomUUID();
      await collection.insert(`eb-payload:${eventId}`, content);
      for (const call of [store.put([entry('a', eventId)]), store.get([entry('a', eventId)]), store.list(eventId)]) {
        await expect(call).rejects.toMatchObject({ code: 'EB_CHANNEL' });
      }
      expect((await collection.get(`eb-payload:${eventId}`)).content).toEqual(content);
    },
  );

  it.each<[string, object, RegExp]>([
    ['an option that it does not have', { bucket: 'x' }, /^EB_OPTIONS: couchbasePayloadStore has no option "bucket"/],
    ['no collection', { collection: undefined }, /^EB_OPTIONS: collection/],
    ['a prefix that is no name', { prefix: 'a:b' }, /^EB_NAME/],
    ['no duration', { commandTimeoutMs: 0 }, /^EB_OPTIONS: commandTimeoutMs/],
  ])('refuses %s', (_, options, message) => {
    expect(() => opened(options)).toThrow(message);
  });
});
