import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PayloadKey, PayloadStore } from '../core/index.js';
import { assertRefused } from './conformance/expectations.js';

/** What a promise of a payload store is tried on. */
export interface PayloadStoreContext {
  /** The store under test. Promises share it and never close it. */
  readonly store: PayloadStore;
  /** Opens a store of its own for a promise, which closes it. */
  readonly open: () => Promise<PayloadStore>;
  /** How long a promise waits for what must come before it fails. Default 10,000. */
  readonly deadlineMs?: number;
}

/** One promise of a payload store, to be run by any test runner. */
export interface PayloadStoreCase {
  /** The promise in plain words; unique in the suite. */
  readonly name: string;
  /** Rejects with an `AssertionError` when the promise is broken. Uses events of its own and leaves nothing open. */
  readonly run: (context: PayloadStoreContext) => Promise<void>;
}

const SHORT_MS = 40;
const LONG_MS = 3_600_000;

/** What every payload store must keep, as data: run each case with any test runner. Cases may share a server. */
export const payloadStoreConformance: readonly PayloadStoreCase[] = Object.freeze([
  promise('what was put is read back byte for byte, in the order asked for', async ({ store }) => {
    const keys = fresh('all', 'none', 'large', 'text');
    const [all, none, large, text] = keys;
    const values = [
      Uint8Array.from({ length: 256 }, (_, i) => i),
      bytes(''),
      new Uint8Array(300_000).fill(7),
      bytes('é'),
    ];
    await store.put(keys.map((key, i) => ({ ...key, value: values[i] ?? bytes('') })));
    assertValues(await store.get([text, none, all, large]), [values[3], values[1], values[0], values[2]]);
    assertValues(await store.get([all, all]), [values[0], values[0]]);
  }),

  promise('what was never put is undefined, and so is nothing at all', async ({ store }) => {
    const [there, other] = fresh('there', 'other');
    const [elsewhere] = fresh('there');
    await put(store, there, 'x');
    assertValues(await store.get([other, there, elsewhere]), [undefined, bytes('x'), undefined]);
    assertValues(await store.get([]), []);
    await store.put([]);
    assert.equal(await store.erase([]), 0);
  }),

  promise('many events are put and read at a time', async ({ store }) => {
    const keys = Array.from({ length: 300 }, () => fresh('a', 'b')).flat();
    await store.put(keys.map((key) => ({ ...key, value: bytes(`${key.eventId} ${key.field}`) })));
    const asked = [...keys].reverse();
    assertValues(
      await store.get(asked),
      asked.map(({ eventId, field }) => bytes(`${eventId} ${field}`)),
    );
    assert.equal(await store.erase(keys), keys.length);
  }),

  promise('names are not mixed up, wherever their parts begin', async ({ store }) => {
    const [{ eventId }] = fresh('x');
    const keys: readonly PayloadKey[] = [
      { eventId, field: 'b.c' },
      { eventId: `${eventId}.b`, field: 'c' },
      { eventId: `${eventId}.b.c`, field: 'toString' },
    ];
    await store.put(keys.map((key, i) => ({ ...key, value: bytes(`${i}`) })));
    assertValues(await store.get(keys), [bytes('0'), bytes('1'), bytes('2')]);
    assertValues(await store.get([{ eventId, field: 'toString' }]), [undefined]);
  }),

  promise('a value that is put again is replaced', async ({ store }) => {
    const [key] = fresh('a');
    await put(store, key, 'first');
    await put(store, key, 'second');
    assertValues(await store.get([key]), [bytes('second')]);
    await store.put([
      { ...key, value: bytes('third') },
      { ...key, value: bytes('fourth') },
    ]);
    assertValues(await store.get([key]), [bytes('fourth')]);
  }),

  promise('what is put if absent leaves alone what is there', async ({ store }) => {
    const [there, absent] = fresh('there', 'absent');
    await put(store, there, 'first');
    const again = [there, absent, absent].map((key, i) => ({ ...key, value: bytes(`again ${i}`) }));
    await store.put(again, { ifAbsent: true });
    assertValues(await store.get([there, absent]), [bytes('first'), bytes('again 1')]);
  }),

  promise('a value goes when its time is over, and no other one with it', async ({ store, deadlineMs }) => {
    const [short, long, endless] = fresh('short', 'long', 'endless');
    await put(store, endless, 'endless');
    await put(store, long, 'long', LONG_MS);
    await put(store, short, 'short', SHORT_MS);
    await gone(store, short, deadlineMs);
    assertValues(await store.get([short, long, endless]), [undefined, bytes('long'), bytes('endless')]);
    assertFields(await store.list(short.eventId), ['endless', 'long']);
    assert.equal(await store.erase([short]), 0, 'what is over is not there to be erased');
    await store.put([{ ...short, value: bytes('new') }], { ifAbsent: true });
    assertValues(await store.get([short]), [bytes('new')]);
  }),

  promise('a value has the time that it was put with last', async ({ store, deadlineMs }) => {
    const [endless, longer, clock] = fresh('endless', 'longer', 'clock');
    const [other] = fresh('shorter');
    await store.put(
      [endless, longer].map((key) => ({ ...key, value: bytes('old') })),
      { ttlMs: SHORT_MS },
    );
    await put(store, endless, 'endless');
    await put(store, longer, 'longer', LONG_MS);
    await put(store, other, 'endless');
    await put(store, other, 'shorter', SHORT_MS);
    await put(store, clock, 'clock', SHORT_MS);
    for (const key of [clock, other]) await gone(store, key, deadlineMs);
    assertValues(await store.get([endless, longer]), [bytes('endless'), bytes('longer')]);
    assertFields(await store.list(endless.eventId), ['endless', 'longer']);
    assertFields(await store.list(other.eventId), []);
  }),

  promise('what is put if absent changes no time', async ({ store, deadlineMs }) => {
    const [endless, clock, short] = fresh('endless', 'clock', 'short');
    await put(store, endless, 'first');
    await put(store, short, 'first', SHORT_MS);
    await store.put([{ ...endless, value: bytes('again') }], { ifAbsent: true, ttlMs: SHORT_MS });
    await store.put([{ ...short, value: bytes('again') }], { ifAbsent: true, ttlMs: SHORT_MS });
    await put(store, clock, 'clock', SHORT_MS);
    await gone(store, clock, deadlineMs);
    assertValues(await store.get([endless, short]), [bytes('first'), undefined]);
  }),

  promise('what was erased is gone, and nothing else', async ({ store }) => {
    const [a, b, c] = fresh('a', 'b', 'c');
    const [other] = fresh('a');
    for (const key of [a, b, c, other]) await put(store, key, 'x');
    assert.equal(await store.erase([a, c, { ...a, field: 'unknown' }]), 2);
    assertValues(await store.get([a, b, c, other]), [undefined, bytes('x'), undefined, bytes('x')]);
    assertFields(await store.list(a.eventId), ['b']);
    assert.equal(await store.erase([a, b]), 1, 'only what was there counts');
    assertFields(await store.list(a.eventId), []);
  }),

  promise('an event lists its own fields, each once', async ({ store }) => {
    const [a, b] = fresh('a', 'b');
    const [other] = fresh('other');
    assertFields(await store.list(a.eventId), []);
    for (const key of [a, b, a, other]) await put(store, key, 'x');
    const listed = await store.list(a.eventId);
    assertFields(listed, ['a', 'b']);
    assert.ok(listed.every(({ eventId }) => eventId === a.eventId));
  }),

  promise('a value is a copy, on its way in and on its way out', async ({ store }) => {
    const [key] = fresh('a');
    const value = bytes('abc');
    await store.put([{ ...key, value: value.subarray(1) }]);
    value.fill(0);
    const [read] = await store.get([key]);
    read?.fill(0);
    assertValues(await store.get([key]), [bytes('bc')]);
  }),

  promise('what is no name is refused, and nothing is put', async ({ store }) => {
    const [good] = fresh('a');
    for (const bad of [
      { ...good, field: 'a:b' },
      { ...good, field: '' },
      { eventId: 'a}b', field: 'a' },
    ]) {
      await assertRefused(store.put([good, bad].map((key) => ({ ...key, value: bytes('x') }))), 'EB_NAME');
      await assertRefused(store.get([bad]), 'EB_NAME');
      await assertRefused(store.erase([bad]), 'EB_NAME');
    }
    await assertRefused(store.list('a}b'), 'EB_NAME');
    assertValues(await store.get([good]), [undefined]);
  }),

  promise('a time that is none is refused', async ({ store }) => {
    const [key] = fresh('a');
    for (const ttlMs of [0, -1, 1.5, Number.NaN, Infinity]) {
      await assertRefused(store.put([{ ...key, value: bytes('x') }], { ttlMs }), 'EB_ARGUMENT');
    }
    assertValues(await store.get([key]), [undefined]);
  }),

  promise('a closed store says so', async ({ open }) => {
    const [key] = fresh('a');
    const store = await open();
    await put(store, key, 'x');
    await store.close();
    await store.close();
    await assertRefused(store.put([{ ...key, value: bytes('x') }]), 'EB_CLOSED');
    await assertRefused(store.get([key]), 'EB_CLOSED');
    await assertRefused(store.erase([key]), 'EB_CLOSED');
    await assertRefused(store.list(key.eventId), 'EB_CLOSED');
  }),
]);

function promise(name: string, run: PayloadStoreCase['run']): PayloadStoreCase {
  return Object.freeze({ name, run });
}

type Keys<F extends readonly string[]> = { readonly [I in keyof F]: PayloadKey };

/** Keys of an event that nobody else uses. */
function fresh<const F extends readonly string[]>(...fields: F): Keys<F> {
  const eventId = `payload-${randomUUID()}`;
  return fields.map((field) => ({ eventId, field })) as Keys<F>;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function put(store: PayloadStore, key: PayloadKey, text: string, ttlMs?: number): Promise<void> {
  return store.put([{ ...key, value: bytes(text) }], { ttlMs });
}

async function gone(store: PayloadStore, key: PayloadKey, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while ((await store.get([key]))[0] !== undefined) {
    assert.ok(Date.now() < end, `the value of ${key.field} is still there ${deadlineMs} ms after its time was over`);
    await sleep(5);
  }
}

function assertValues(
  actual: readonly (Uint8Array | undefined)[],
  expected: readonly (Uint8Array | undefined)[],
): void {
  assert.equal(actual.length, expected.length, 'the number of values');
  for (const [i, value] of expected.entries()) {
    const read = actual[i];
    if (value === undefined) assert.equal(read, undefined, `value ${i + 1} should not be there`);
    else assert.ok(read !== undefined && Buffer.from(value).equals(read), `value ${i + 1} is missing or another one`);
  }
}

function assertFields(keys: readonly PayloadKey[], fields: readonly string[]): void {
  assert.deepEqual(keys.map(({ field }) => field).sort(), fields, 'the listed fields');
}
