import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { isBackboneError, type PayloadKey, type PayloadStore } from '../core/index.js';
import { memoryPayloadStore } from '../memory/memory-payload-store.js';
import { payloadStoreConformance } from './payload-store-conformance.js';

type Flawed = (store: PayloadStore, memory: Map<string, unknown>) => Partial<PayloadStore>;

const renamed = (key: PayloadKey) => ({ eventId: 'all', field: `${key.eventId}.${key.field}` });
const quietly = async <T>(work: Promise<T>, instead: T) => {
  try {
    return await work;
  } catch (error) {
    if (isBackboneError(error)) return instead;
    throw error;
  }
};

/** Stores that break just what they are named after, and the promises that must notice. */
const flaws: readonly (readonly [flaw: string, breaks: readonly string[], Flawed])[] = [
  [
    'gives values in its own order',
    ['what was put is read back byte', 'many events'],
    (store) => ({ get: async (keys) => [...(await store.get(keys))].reverse() }),
  ],
  [
    'leaves out what is not there',
    ['what was never put'],
    (store) => ({ get: async (keys) => (await store.get(keys)).filter((value) => value !== undefined) }),
  ],
  [
    'joins names carelessly',
    ['names are not mixed up'],
    (store) => ({
      put: (entries, options) =>
        store.put(
          entries.map((entry) => ({ ...entry, ...renamed(entry) })),
          options,
        ),
      get: (keys) => store.get(keys.map(renamed)),
    }),
  ],
  [
    'never replaces',
    ['a value that is put again', 'a value has the time'],
    (store) => ({ put: (entries, options) => store.put(entries, { ...options, ifAbsent: true }) }),
  ],
  [
    'always replaces',
    ['what is put if absent leaves alone', 'what is put if absent changes no time'],
    (store) => ({ put: (entries, options) => store.put(entries, { ...options, ifAbsent: false }) }),
  ],
  [
    'keeps everything for ever',
    ['a value goes when its time is over'],
    (store) => ({ put: (entries, { ifAbsent } = {}) => store.put(entries, { ifAbsent }) }),
  ],
  ['erases nothing', ['what was erased is gone'], () => ({ erase: (keys) => Promise.resolve(keys.length) })],
  ['lists nothing', ['an event lists its own fields'], () => ({ list: () => Promise.resolve([]) })],
  [
    'hands out its own memory',
    ['a value is a copy'],
    (store, memory) => ({
      get: async (keys) =>
        (await store.get(keys)).map((value, i) => {
          const name = JSON.stringify(keys[i]);
          if (!memory.has(name)) memory.set(name, value);
          return memory.get(name) as Uint8Array | undefined;
        }),
    }),
  ],
  [
    'swallows what it refuses',
    ['what is no name', 'a time that is none', 'a closed store'],
    (store) => ({
      put: (entries, options) => quietly(store.put(entries, options), undefined),
      get: (keys) => quietly(store.get(keys), []),
      erase: (keys) => quietly(store.erase(keys), 0),
      list: (eventId) => quietly(store.list(eventId), []),
    }),
  ],
];

function opened(flawed: Flawed = () => ({})): PayloadStore {
  const store = memoryPayloadStore();
  const whole: PayloadStore = {
    put: (entries, options) => store.put(entries, options),
    get: (keys) => store.get(keys),
    erase: (keys) => store.erase(keys),
    list: (eventId) => store.list(eventId),
    close: () => store.close(),
  };
  return { ...whole, ...flawed(store, new Map()) };
}

const caseOf = (beginning: string) => payloadStoreConformance.filter(({ name }) => name.startsWith(beginning));

describe('the conformance suite of payload stores catches one that', () => {
  it.for(flaws)('%s', async ([, breaks, flawed]) => {
    for (const beginning of breaks) {
      const [promise, ...others] = caseOf(beginning);
      expect(others).toEqual([]);
      const context = { store: opened(flawed), open: () => Promise.resolve(opened(flawed)), deadlineMs: 200 };
      await expect(promise?.run(context)).rejects.toBeInstanceOf(AssertionError);
    }
  });
});

describe('the conformance suite of payload stores', () => {
  it('has no promise that no broken store breaks', () => {
    const bitten = new Set(flaws.flatMap(([, breaks]) => breaks.flatMap(caseOf)));
    expect(payloadStoreConformance.filter((each) => !bitten.has(each))).toEqual([]);
  });

  it('lets a store pass that is wrapped and not broken', async () => {
    const context = { store: opened(), open: () => Promise.resolve(opened()) };
    await expect(Promise.all(payloadStoreConformance.map(({ run }) => run(context)))).resolves.toBeDefined();
  });
});
