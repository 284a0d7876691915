import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Cluster } from 'ioredis';
import type { PayloadStore } from 'nest-event-backbone/core';
import { redisPayloadStore, type RedisPayloadStoreOptions } from 'nest-event-backbone/redis';
import { payloadStoreConformance } from 'nest-event-backbone/testing';
import { FaultProxy } from './fault-proxy.js';
import { openClient, redisUrl } from './open-channel.js';
import { startCluster } from './start-cluster.js';
import { startServer } from './start-server.js';

const value = Buffer.from('canary-payload');

function openStore(options: RedisPayloadStoreOptions = { url: redisUrl }): PayloadStore {
  const store = redisPayloadStore(options);
  onTestFinished(() => store.close());
  return store;
}

const keyFor = (field = 'name') => ({ eventId: randomUUID(), field });

describe.skipIf(redisUrl === '')('the payload store on Redis keeps its promises:', () => {
  const open = () => Promise.resolve(redisPayloadStore({ url: redisUrl }));
  let store: PayloadStore;
  beforeAll(async () => void (store = await open()));
  afterAll(() => store.close());

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store, open })).resolves.toBeUndefined();
  });
});

describe.skipIf(redisUrl === '')('the payload store on a Redis cluster keeps its promises:', () => {
  let running: Awaited<ReturnType<typeof startCluster>>;
  let store: PayloadStore;
  const open = () => Promise.resolve(redisPayloadStore({ cluster: { nodes: running.nodes } }));
  beforeAll(async () => {
    running = await startCluster();
    store = await open();
  });
  afterAll(async () => {
    await store.close();
    await running.stop();
  });

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store, open })).resolves.toBeUndefined();
  });

  it('its values lie on all of the nodes, under the prefix of an existing client', async () => {
    const client = new Cluster(running.nodes, { keyPrefix: 'tenant:' });
    onTestFinished(() => client.disconnect());
    const prefixed = openStore({ client });
    const keys = Array.from({ length: 50 }, () => keyFor());
    await prefixed.put(keys.map((key) => ({ ...key, value })));
    expect(await prefixed.list(keys[0]?.eventId ?? '')).toEqual([keys[0]]);
    for (const node of running.clients) expect(await node.keys('tenant:eb:{payload:*')).not.toEqual([]);
  });
});

describe.skipIf(redisUrl === '')('the payload store on Redis', () => {
  it('leaves nothing on the server when the time of the last value is over, or all are erased', async () => {
    const admin = openClient();
    const store = openStore();
    const { eventId } = keyFor();
    const [a, b] = ['a', 'b'].map((field) => ({ eventId, field }));
    const entry = (key = { eventId, field: 'c' }) => ({ ...key, value });
    const keys = () => admin.keys(`eb:{payload:${eventId}}*`);
    await store.put([entry(a)], { ttlMs: 3_600_000 });
    await store.put([entry(b)], { ttlMs: 60_000 });
    expect((await keys()).sort()).toEqual(
      ['field:a', 'field:b', 'fields'].map((end) => `eb:{payload:${eventId}}:${end}`),
    );
    const names = `eb:{payload:${eventId}}:fields`;
    expect(await admin.pttl(names)).toBeGreaterThan(3_500_000);
    await store.put([entry()]);
    expect(await admin.pttl(names)).toBe(-1);
    expect(await store.erase(await store.list(eventId))).toBe(3);
    expect(await keys()).toEqual([]);
    await store.put([entry()], { ttlMs: 3_600_000 });
    expect(await admin.pttl(names)).toBeGreaterThan(3_500_000);
  });

  it('lists all values of an event, however many there are, a few of them in one script', async () => {
    const eventId = randomUUID();
    const store = openStore();
    const keys = Array.from({ length: 150 }, (_, n) => ({ eventId, field: `field-${n}` }));
    await store.put(keys.map((key) => ({ ...key, value })));
    const monitor = await openClient().monitor();
    onTestFinished(() => monitor.disconnect());
    const sizes: number[] = [];
    monitor.on('monitor', (_: string, [command = '', , count = '', names = '']: readonly string[]) => {
      if (command.startsWith('eval') && names.includes(eventId)) sizes.push(Number(count) - 1);
    });
    const byField = (a: { readonly field: string }, b: { readonly field: string }) => (a.field < b.field ? -1 : 1);
    expect([...(await store.list(eventId))].sort(byField)).toEqual(keys.toSorted(byField));
    await vi.waitFor(() => expect(sizes.at(-1)).toBe(22), { timeout: 15_000 });
    expect(Math.max(...sizes)).toBe(64);
  });

  it('keeps stores of different prefixes apart', async () => {
    const key = keyFor();
    await openStore().put([{ ...key, value }]);
    const other = openStore({ url: redisUrl, prefix: 'other' });
    expect(await other.get([key])).toEqual([undefined]);
    expect(await other.list(key.eventId)).toEqual([]);
  });

  it('says that nothing was changed while the server cannot be reached', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    proxy.refuse();
    const store = openStore({ url: proxy.url, commandTimeoutMs: 200 });
    const key = keyFor();
    await expect(store.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(store.erase([key])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(store.get([key])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await expect(store.list(key.eventId)).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    proxy.pass();
    const again = openStore({ url: proxy.url });
    await again.put([{ ...key, value }]);
    expect(await again.get([key])).toEqual([value]);
  });

  it('says that the outcome is unknown when a reply was lost, and the change can be repeated', async () => {
    const proxy = await FaultProxy.before(redisUrl);
    const store = openStore({ url: proxy.url, commandTimeoutMs: 300 });
    const key = keyFor();
    expect(await store.get([key])).toEqual([undefined]);
    proxy.drop('replies');
    await expect(store.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
    proxy.pass();
    const again = openStore();
    expect(await again.get([key])).toEqual([value]);
    await again.put([{ ...key, value }]);
    expect(await again.get([key])).toEqual([value]);
  });

  it('tells a full server and missing rights apart, and never shows a value or a password', async () => {
    const server = await startServer({ args: ['--requirepass', 'canary-password'] });
    const url = server.url.replace('//', '//:canary-password@');
    const admin = openClient(url);
    const store = openStore({ url });
    const put = () => store.put([{ ...keyFor(), value }]);
    const failure = (call: Promise<unknown>) =>
      call.then(
        () => undefined,
        (error: unknown) => error,
      );
    await put();
    await admin.config('SET', 'maxmemory', '1mb');
    const full = await failure(put());
    await admin.config('SET', 'maxmemory', '0');
    await admin.call('acl', 'setuser', 'default', '-set', '-mget');
    const denied = [await failure(put()), await failure(store.get([keyFor()]))];
    expect(full).toMatchObject({ code: 'EB_BACKPRESSURE' });
    expect(denied).toMatchObject([{ code: 'EB_CHANNEL' }, { code: 'EB_CHANNEL' }]);
    expect(inspect([full, denied, store], { depth: Infinity, showHidden: true })).not.toMatch(/canary/);
  });

  it.each<[string, object, RegExp]>([
    ['an option that it does not have', { url: redisUrl, leaseMs: 5 }, /^EB_OPTIONS: redisPayloadStore has no option/],
    ['no way to the server', {}, /^EB_OPTIONS/],
    ['a prefix that is no name', { url: redisUrl, prefix: 'a:b' }, /^EB_NAME/],
    ['no duration', { url: redisUrl, commandTimeoutMs: 0 }, /^EB_OPTIONS/],
  ])('refuses %s', (_, options, message) => {
    expect(() => redisPayloadStore(options)).toThrow(message);
  });
});
