import { describe, expect, it } from 'vitest';
import { memoryPayloadStore } from '../memory/index.js';
import type { EventFields } from './payload-fields.js';
import { PayloadFields } from './payload-fields.js';

const ada: EventFields = {
  id: '1',
  fields: { user: '"Ada"', face: Buffer.from([1, 2]), plan: '7' },
  personal: ['user', 'face'],
};
const keys = (eventId: string, ...fields: readonly string[]) => fields.map((field) => ({ eventId, field }));

async function valuesOf(payloads: PayloadFields, id: string, ...fields: readonly string[]) {
  const values = await payloads.get(keys(id, ...fields));
  return values.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value));
}

describe('the fields of events in a payload store', () => {
  it('are put, and read in the order asked for; references are not', async () => {
    const payloads = new PayloadFields(memoryPayloadStore());
    await payloads.put([ada, { id: '2', fields: { plan: { store: 'files', size: 1 } }, personal: [] }]);
    expect(await valuesOf(payloads, '1', 'plan', 'face', 'none', 'user')).toEqual([
      '7',
      '\u0001\u0002',
      undefined,
      '"Ada"',
    ]);
    expect(await valuesOf(payloads, '2', 'plan')).toEqual([undefined]);
    expect(await payloads.get([])).toEqual([]);
  });

  it('stay what they were when their event is put again', async () => {
    const payloads = new PayloadFields(memoryPayloadStore());
    await payloads.put([ada]);
    await payloads.put([{ ...ada, fields: { user: '"Eve"', more: '1' } }]);
    expect(await valuesOf(payloads, '1', 'user', 'more')).toEqual(['"Ada"', '1']);
  });

  it('can be erased where they are personal, or named, and are there', async () => {
    const payloads = new PayloadFields(memoryPayloadStore());
    await payloads.put([ada, { ...ada, id: '2' }, { id: '3', fields: { plan: '7' }, personal: [] }]);
    expect(await payloads.erasable(['1', '3', 'unknown'])).toEqual(keys('1', 'user', 'face'));
    expect(await payloads.erasable(['3', '2', '2'], ['plan', 'none'])).toEqual([
      ...keys('3', 'plan'),
      ...keys('2', 'plan'),
    ]);
  });

  it('are gone when they were erased, and known as erased, also when their event is put again', async () => {
    const payloads = new PayloadFields(memoryPayloadStore());
    await payloads.put([ada]);
    await payloads.erase(keys('1', 'user', 'never'));
    await payloads.put([{ ...ada, fields: { ...ada.fields, never: '1' } }]);
    expect(await valuesOf(payloads, '1', 'user', 'never', 'face')).toEqual(['erased', 'erased', '\u0001\u0002']);
    expect(await payloads.erasable(['1'])).toEqual(keys('1', 'face'));
  });

  it('come back when they were removed and not erased: a removal leaves nothing behind', async () => {
    const store = memoryPayloadStore();
    const payloads = new PayloadFields(store);
    await payloads.put([ada]);
    await store.erase(keys('1', 'user'));
    expect(await valuesOf(payloads, '1', 'user')).toEqual([undefined]);
    await payloads.put([ada]);
    expect(await valuesOf(payloads, '1', 'user')).toEqual(['"Ada"']);
  });

  it('are erased of many events in few calls', async () => {
    const store = memoryPayloadStore();
    let calls = 0;
    const payloads = new PayloadFields({
      put: (...all) => store.put(...all),
      get: (all) => ((calls += 1), store.get(all)),
      erase: (all) => store.erase(all),
      list: (id) => store.list(id),
      close: () => store.close(),
    });
    const ids = Array.from({ length: 250 }, (_, i) => `event-${i}`);
    await payloads.put(ids.map((id) => ({ ...ada, id })));
    const found = await payloads.erasable(ids);
    expect([found.length, calls]).toEqual([500, 6]);
    await payloads.erase(found, 60_000);
    expect(await payloads.erasable(ids)).toEqual([]);
  });
});
