import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { PayloadKey, PayloadStore } from 'nest-event-backbone/core';
import { createDynamodbPayloadTable, dynamodbPayloadStore } from 'nest-event-backbone/dynamodb';
import { payloadStoreConformance } from 'nest-event-backbone/testing';
import { freePort } from '../../tools/dev-stack/free-port.mjs';
import { FaultProxy } from '../redis/fault-proxy.js';
import { dynamodbClient, startDynamodb, type Between, type StartedDynamodb } from './start-dynamodb.js';

const table = 'payloads';
const bytes = (text: string) => new TextEncoder().encode(text);
const value = bytes('canary-payload');
const keyFor = (field = 'name') => ({ eventId: randomUUID(), field });

let server: StartedDynamodb;
let client: DynamoDBClient;
let store: PayloadStore;
const timesToLive: unknown[] = [];

/** The server of these tests has no such operation. */
const withTimeToLive: Between = async ({ operation, body, forward }) => {
  if (operation !== 'UpdateTimeToLive') return forward();
  timesToLive.push(body);
  return { status: 200, body: { TimeToLiveSpecification: body['TimeToLiveSpecification'] } };
};

beforeAll(async () => {
  server = await startDynamodb();
  client = dynamodbClient(server.url);
  server.between = withTimeToLive;
  await Promise.all([createDynamodbPayloadTable({ client, table }), createDynamodbPayloadTable({ client, table })]);
  server.between = undefined;
  store = dynamodbPayloadStore({ client, table });
});
afterAll(() => {
  client.destroy();
  server.stop();
});

function between(what: Between): void {
  server.between = what;
  onTestFinished(() => void (server.between = undefined));
}

function clientOf(url: string): DynamoDBClient {
  const own = dynamodbClient(url);
  onTestFinished(() => own.destroy());
  return own;
}

/** What lies in the table, whether its time is over or not. */
async function itemAt({ eventId, field }: PayloadKey) {
  const Key = { event_id: { S: eventId }, field: { S: field } };
  return (await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }))).Item;
}

describe('the payload store on DynamoDB keeps its promises:', { timeout: 90_000 }, () => {
  let direct: DynamoDBClient;
  beforeAll(() => void (direct = dynamodbClient(server.behind)));
  afterAll(() => direct.destroy());
  const open = () => Promise.resolve(dynamodbPayloadStore({ client: direct, table }));

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store: await open(), open })).resolves.toBeUndefined();
  });
});

describe('the table of a payload store on DynamoDB', () => {
  it('is made once, and removes items by their time', () => {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'expires_at' };
    expect(timesToLive).toContainEqual({ TableName: table, TimeToLiveSpecification });
  });

  it('is named by the error when it cannot be made', async () => {
    const own = clientOf(`http://127.0.0.1:${await freePort()}`);
    const made = createDynamodbPayloadTable({ client: own, table });
    await expect(made).rejects.toThrow(/^EB_CHANNEL: making the table .*ECONNREFUSED/);
  });
});

describe('the payload store on DynamoDB', () => {
  it('gives no value whose time is over, though it is still in the table, and tells the table when that is', async () => {
    const key = keyFor();
    const before = Date.now();
    await store.put([{ ...key, value }], { ttlMs: 20 });
    await vi.waitFor(async () => expect(await store.get([key])).toEqual([undefined]), 10_000);
    expect(await store.list(key.eventId)).toEqual([]);
    const item = await itemAt(key);
    const expires = Number(item?.['expires_at']?.N) * 1_000;
    expect(expires).toBeGreaterThanOrEqual(before);
    expect(expires).toBeLessThan(Date.now() + 1_020);
    expect(await store.erase([key])).toBe(0);
    expect(await itemAt(key)).toBeUndefined();
  });

  it('takes values up to what an item may hold, and refuses larger ones before anything is sent', async () => {
    const [small, key] = [keyFor('small'), keyFor('large')];
    const put = (size: number) =>
      store.put(
        [small, key].map((each, i) => ({ ...each, value: new Uint8Array(i * size) })),
        { ttlMs: 3_600_000 },
      );
    const error: unknown = await put(400 * 1024).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'EB_TOO_LARGE', details: { path: 'large', size: 409_600 } });
    expect(await store.get([small])).toEqual([undefined]);
    const { limit } = (error as { details: { limit: number } }).details;
    await expect(put(limit + 1)).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
    await put(limit);
    expect((await store.get([key]))[0]).toHaveLength(limit);
    // The server would have refused it.
    const Item = { event_id: { S: key.eventId }, field: { S: key.field }, value: { B: new Uint8Array(400 * 1024) } };
    await expect(client.send(new PutItemCommand({ TableName: table, Item }))).rejects.toThrow('maximum allowed size');
  });

  it('lists and gives all fields of an event that is larger than one answer', async () => {
    const { eventId } = keyFor();
    const keys = Array.from({ length: 8 }, (_, i) => ({ eventId, field: `f${i}` }));
    await store.put(keys.map((key, i) => ({ ...key, value: new Uint8Array(300_000).fill(i) })));
    expect(await store.list(eventId)).toEqual(keys);
    expect((await store.get(keys)).map((each) => each?.at(-1))).toEqual(keys.map((_, i) => i));
  });

  it('asks for no more than the server takes at a time, and again for what it leaves for later', async () => {
    const asked: string[] = [];
    const leave = (all: readonly unknown[]) => (all.length > 10 ? all.length - 10 : 0);
    between(async ({ operation, body, forward }) => {
      const items = (body['RequestItems'] as Record<string, unknown>)[table];
      const all = Array.isArray(items) ? items : (items as { Keys: unknown[] }).Keys;
      asked.push(`${operation} ${all.length}`);
      const [now, later] = [all.slice(leave(all)), all.slice(0, leave(all))];
      const some = (part: readonly unknown[]) =>
        part.length === 0 ? {} : { [table]: Array.isArray(items) ? part : { ...(items as object), Keys: part } };
      const reply = await forward({ ...body, RequestItems: some(now) });
      const rest = operation === 'BatchWriteItem' ? 'UnprocessedItems' : 'UnprocessedKeys';
      return { ...reply, body: { ...(reply.body as object), [rest]: some(later) } };
    });
    const keys = Array.from({ length: 120 }, () => keyFor());
    await store.put(keys.map((key) => ({ ...key, value: bytes(key.eventId) })));
    expect(await store.get(keys)).toEqual(keys.map(({ eventId }) => bytes(eventId)));
    expect(asked).toEqual(expect.arrayContaining(['BatchWriteItem 25', 'BatchWriteItem 15', 'BatchGetItem 100']));
    expect(asked.map((each) => Number(each.split(' ')[1])).every((size) => size <= 100)).toBe(true);
  });

  it('says so when the server leaves everything for later, or is too busy', async () => {
    const impatient = dynamodbPayloadStore({ client, table, commandTimeoutMs: 3_000 });
    between(async ({ body }) => ({ status: 200, body: { UnprocessedItems: body['RequestItems'] } }));
    await expect(impatient.put([{ ...keyFor(), value }])).rejects.toMatchObject({ code: 'EB_BACKPRESSURE' });
    const __type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException';
    between(async () => ({ status: 400, body: { __type, message: 'too much' } }));
    await expect(store.put([{ ...keyFor(), value }])).rejects.toMatchObject({ code: 'EB_BACKPRESSURE' });
    await expect(store.get([keyFor()])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
  });

  it('says that nothing was changed while the server cannot be reached', async () => {
    const away = dynamodbPayloadStore({ client: clientOf(`http://127.0.0.1:${await freePort()}`), table });
    const key = keyFor();
    await expect(away.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(away.put([{ ...key, value }], { ifAbsent: true })).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(away.erase([key])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(away.get([key])).rejects.toMatchObject({ code: 'EB_CHANNEL' });
    await expect(away.list(key.eventId)).rejects.toMatchObject({ code: 'EB_CHANNEL' });
  });

  it('says that the outcome is unknown when a reply was lost, and the change can be repeated', async () => {
    const proxy = await FaultProxy.before(server.url);
    const key = keyFor();
    const cut = dynamodbPayloadStore({ client: clientOf(proxy.url), table, commandTimeoutMs: 3_000 });
    expect(await cut.get([key])).toEqual([undefined]);
    proxy.drop('replies');
    await expect(cut.put([{ ...key, value }])).rejects.toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
    await vi.waitFor(async () => expect(await store.get([key])).toEqual([value]), 10_000);
    await store.put([{ ...key, value }]);
    expect(await store.list(key.eventId)).toEqual([key]);
  });

  it('does not say that nothing was changed when only the last try of the client never left', async () => {
    const leaving = await startDynamodb();
    onTestFinished(() => leaving.stop());
    leaving.between = withTimeToLive;
    await createDynamodbPayloadTable({ client: clientOf(leaving.url), table });
    let tries = 0;
    leaving.between = async ({ forward }) => {
      tries += 1;
      await forward();
      leaving.refuse();
      return 'cut';
    };
    const key = keyFor();
    const put = dynamodbPayloadStore({ client: clientOf(leaving.url), table }).put([{ ...key, value }]);
    await expect(put).rejects.toThrow(/^EB_OUTCOME_UNKNOWN: .*ECONNREFUSED/);
    expect(tries).toBe(1);
    expect(await dynamodbPayloadStore({ client: clientOf(leaving.behind), table }).get([key])).toEqual([value]);
  });

  it('names what is wrong with the table, and never shows a value or a secret', async () => {
    const wrong = dynamodbPayloadStore({ client, table: 'no-such-table' });
    const failures = await Promise.allSettled([wrong.put([{ ...keyFor(), value }]), wrong.get([keyFor()])]);
    const errors = failures.map((each): unknown => (each.status === 'rejected' ? each.reason : undefined));
    expect(errors).toMatchObject([{ code: 'EB_CHANNEL' }, { code: 'EB_CHANNEL' }]);
    expect(String(errors[0])).toContain('ResourceNotFoundException');
    expect(inspect([errors, wrong], { depth: Infinity, showHidden: true })).not.toMatch(/canary/);
  });

  it.each<[string, object, RegExp]>([
    [
      'an option that it does not have',
      { table, prefix: 'x' },
      /^EB_OPTIONS: dynamodbPayloadStore has no option "prefix"/,
    ],
    ['no client', { table, client: undefined }, /^EB_OPTIONS: client/],
    ['no table', { table: '' }, /^EB_OPTIONS: table/],
    ['a table that is no name', { table: 'a b c' }, /^EB_OPTIONS: table/],
    ['no duration', { table, commandTimeoutMs: 0 }, /^EB_OPTIONS: commandTimeoutMs/],
  ])('refuses %s', (_, options, message) => {
    expect(() => dynamodbPayloadStore({ client, ...options } as never)).toThrow(message);
  });
});
