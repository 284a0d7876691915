import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import type { PayloadStore } from 'nest-event-backbone/core';
import {
  postgresPayloadSchema,
  postgresPayloadStore,
  type PostgresPayloadStoreOptions,
} from 'nest-event-backbone/postgres';
import { payloadStoreConformance } from 'nest-event-backbone/testing';
import { FaultProxy } from '../redis/fault-proxy.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');
const value = Buffer.from('canary-payload');

function openStore(options: PostgresPayloadStoreOptions): PayloadStore {
  const store = postgresPayloadStore(options);
  onTestFinished(() => store.close());
  return store;
}

const keyFor = (field = 'name') => ({ eventId: randomUUID(), field });
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('the payload store on PostgreSQL keeps its promises:', () => {
  const open = () => Promise.resolve(postgresPayloadStore({ url }));
  let store: PayloadStore;
  beforeAll(async () => void (store = await open()));
  afterAll(() => store.close());

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store, open })).resolves.toBeUndefined();
  });
});

describe.skipIf(url === '')('the payload store on PostgreSQL', () => {
  it('makes its table once, however many begin together, and all of them can use it', async () => {
    const { table } = new Sandbox(url);
    const stores = Array.from({ length: 8 }, () => openStore({ url, table }));
    const keys = stores.map(() => keyFor());
    await Promise.all(stores.map((store, i) => store.put([{ ...(keys[i] ?? keyFor()), value }])));
    expect(await stores[0]?.get(keys)).toEqual(keys.map(() => value));
  });

  it('names a table that is missing together with what makes it, which can be run again', async () => {
    const { table, pool } = new Sandbox(url);
    const store = openStore({ pool, table, createTables: false });
    expect(await failure(store.put([{ ...keyFor(), value }]))).toMatchObject({ code: 'EB_CHANNEL' });
    expect(String(await failure(store.get([keyFor()])))).toMatch(/^BackboneError: EB_CHANNEL: .*postgresPayloadSchema/);
    const key = keyFor();
    await pool.query(postgresPayloadSchema({ table }));
    await store.put([{ ...key, value }]);
    await pool.query(postgresPayloadSchema({ table }));
    expect(await store.get([key])).toEqual([value]);
    await pool.query(`DROP TABLE "${table}"`);
    expect(String(await failure(store.get([key])))).toMatch(/^BackboneError: EB_CHANNEL: .*postgresPayloadSchema/);
  });

  it('serves a role that may not make any, in a schema of its own, and says which right is missing', async () => {
    const { table, pool } = new Sandbox(url);
    const [schema, role] = [`s_${table}`, `r_${table}`];
    await pool.query(`${postgresPayloadSchema({ schema })};
      CREATE ROLE ${role} LOGIN PASSWORD 'canary-password';
      GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT, INSERT, UPDATE ON ${schema}.eb_payloads TO ${role}`);
    const own = Object.assign(new URL(url), { username: role, password: 'canary-password' }).href;
    const store = postgresPayloadStore({ url: own, schema });
    const key = keyFor();
    await store.put([{ ...key, value }]);
    await store.put([{ ...key, value }]);
    expect(await store.list(key.eventId)).toEqual([key]);
    const denied = await failure(store.erase([key]));
    expect(denied).toMatchObject({ code: 'EB_CHANNEL' });
    expect(String(denied)).toContain('permission denied');
    expect(inspect([denied, store], { depth: Infinity, showHidden: true })).not.toContain('canary-payload');
    await store.close();
    await pool.query(`REVOKE INSERT, UPDATE ON ${schema}.eb_payloads FROM ${role}`);
    const reader = postgresPayloadStore({ url: own, schema });
    expect([await reader.get([key]), await reader.list(key.eventId)]).toEqual([[value], [key]]);
    await expect(reader.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await reader.close();
    await pool.query(`DROP SCHEMA ${schema} CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('removes values whose time is over from the table by itself, and those only', async () => {
    const { table, pool } = new Sandbox(url);
    const rows = async () => (await pool.query<{ field: string }>(`SELECT field FROM "${table}" ORDER BY field`)).rows;
    const { eventId } = keyFor();
    const [short, long, endless] = ['short', 'long', 'endless'].map((field) => ({ eventId, field, value }));
    const entries = (entry = { ...keyFor(), value }) => [entry];
    const lazy = openStore({ url, table });
    const many = Array.from({ length: 1_500 }, () => ({ ...keyFor('many'), value }));
    await lazy.put(many, { ttlMs: 1 });
    await lazy.put(entries(short), { ttlMs: 1 });
    await lazy.put(entries(long), { ttlMs: 3_600_000 });
    await lazy.put(entries(endless));
    await vi.waitFor(async () => expect(await lazy.list(eventId)).toHaveLength(2), 10_000);
    expect(await rows()).toHaveLength(many.length + 3);
    const eager = openStore({ url, table, sweepMs: 20 });
    await eager.put(entries(endless));
    await vi.waitFor(async () => expect(await rows()).toEqual([{ field: 'endless' }, { field: 'long' }]), 15_000);
  });

  it('holds a time that is longer than any life', async () => {
    const { table } = new Sandbox(url);
    const store = openStore({ url, table });
    const key = keyFor();
    await store.put([{ ...key, value }], { ttlMs: Number.MAX_SAFE_INTEGER });
    expect(await store.get([key])).toEqual([value]);
  });

  it('puts many values in one statement', async () => {
    const { table, pool } = new Sandbox(url);
    const store = openStore({ pool, table });
    expect(await store.get([])).toEqual([]);
    await pool.query(`CREATE TABLE "${table}_statements" ();
      CREATE FUNCTION "${table}_count"() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO "${table}_statements" DEFAULT VALUES; RETURN NULL; END $$;
      CREATE TRIGGER counts AFTER INSERT ON "${table}" FOR EACH STATEMENT EXECUTE FUNCTION "${table}_count"()`);
    const keys = Array.from({ length: 400 }, () => keyFor());
    await store.put(keys.map((key) => ({ ...key, value })));
    expect((await pool.query(`SELECT FROM "${table}_statements"`)).rowCount).toBe(1);
    expect(await store.get(keys)).toEqual(keys.map(() => value));
  });

  it('is whole after several have put and erased the same values at the same time, in any order', async () => {
    const { table } = new Sandbox(url);
    const store = openStore({ url, table });
    const keys = Array.from({ length: 300 }, () => keyFor());
    const entries = keys.map((key) => ({ ...key, value: Buffer.alloc(2_000, key.eventId) }));
    const orders = [entries, [...entries].reverse(), [...entries].sort(() => Math.random() - 0.5)];
    await Promise.all(orders.flatMap((order) => [store.put(order), store.erase(order), store.put(order)]));
    await store.put(entries);
    expect(await store.get(keys)).toEqual(entries.map((entry) => entry.value));
    expect(await store.erase(keys)).toBe(keys.length);
  });

  it('says that nothing was changed while the server cannot be reached, and waits out a short break', async () => {
    const { table } = new Sandbox(url);
    const proxy = await FaultProxy.before(url);
    proxy.refuse();
    const store = openStore({ url: proxy.url, table, queryTimeoutMs: 300 });
    const key = keyFor();
    await expect(store.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(store.erase([key])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(store.get([key])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await expect(store.list(key.eventId)).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    const patient = openStore({ url: proxy.url, table });
    const put = patient.put([{ ...key, value }]);
    proxy.pass();
    await put;
    expect(await patient.get([key])).toEqual([value]);
  });

  it('says that the outcome is unknown when the answer was lost, and the change can be repeated', async () => {
    const { table } = new Sandbox(url);
    const proxy = await FaultProxy.before(url);
    const store = openStore({ url: proxy.url, table, queryTimeoutMs: 3_000 });
    const key = keyFor();
    expect(await store.get([key])).toEqual([undefined]);
    proxy.drop('replies');
    await expect(store.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
    proxy.pass();
    const again = openStore({ url, table });
    await vi.waitFor(async () => expect(await again.get([key])).toEqual([value]), 10_000);
    await again.put([{ ...key, value }]);
    expect(await again.list(key.eventId)).toEqual([key]);
  });

  it.each<[string, object, RegExp]>([
    [
      'an option that it does not have',
      { url, leaseMs: 5 },
      /^EB_OPTIONS: postgresPayloadStore has no option "leaseMs"/,
    ],
    ['no way to the server', {}, /^EB_OPTIONS/],
    ['two ways to the server', { url, options: {} }, /^EB_OPTIONS/],
    ['a table that is no name', { url, table: 'a"; DROP TABLE x' }, /^EB_OPTIONS/],
    ['no duration', { url, sweepMs: 0 }, /^EB_OPTIONS: sweepMs/],
    ['a duration that no timer holds', { url, sweepMs: 2 ** 31 }, /^EB_OPTIONS: sweepMs/],
  ])('refuses %s', (_, options, message) => {
    expect(() => postgresPayloadStore(options)).toThrow(message);
  });
});
