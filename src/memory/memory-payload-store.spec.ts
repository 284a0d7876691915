import { describe, expect, it } from 'vitest';
import { payloadStoreConformance } from '../testing/payload-store-conformance.js';
import { memoryPayloadStore } from './memory-payload-store.js';

describe('the payload store in memory keeps its promises:', () => {
  const store = memoryPayloadStore();
  const open = () => Promise.resolve(memoryPayloadStore());

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store, open })).resolves.toBeUndefined();
  });
});

describe('the payload store in memory', () => {
  const key = { eventId: 'e1', field: 'name' };
  const value = Uint8Array.of(1);

  it('goes by the clock that it is given', async () => {
    let now = 1_000;
    const store = memoryPayloadStore({ now: () => now });
    await store.put([{ ...key, value }], { ttlMs: 500 });
    now = 1_499;
    expect(await store.get([key])).toEqual([value]);
    now = 1_500;
    expect(await store.get([key])).toEqual([undefined]);
    expect(await store.list('e1')).toEqual([]);
  });

  it('does not grow with values that nobody asks for any more', async () => {
    let now = 0;
    let reads = 0;
    const clock = () => {
      reads += 1;
      return now;
    };
    const store = memoryPayloadStore({ now: clock });
    const putSome = async (from: number) => {
      const entries = Array.from({ length: 1_000 }, (_, i) => ({ eventId: `e${from + i}`, field: 'a', value }));
      await store.put(entries, { ttlMs: 10 });
    };
    for (let i = 0; i < 20_000; i += 1_000) {
      await putSome(i);
      now += 10;
    }
    // A sweep reads the clock once for each event that is held: what was dropped is not looked at again.
    expect(reads).toBeLessThan(20_000 * 2);
  });
});
