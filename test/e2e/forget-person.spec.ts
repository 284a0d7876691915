import { randomUUID } from 'node:crypto';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { privacyOptions, startApp, type App, type RunningApp } from '#app-kit';
import { orderApp } from '../../apps/order/src/order.app.js';
import { reporterApp } from '../../apps/reporter/src/reporter.app.js';
import { transitApp } from '../../apps/transit/src/transit.app.js';
import { placeOrders } from '../../tools/demo/place-orders.mjs';
import { readEvents } from '../../tools/demo/read-events.mjs';
import { askGroups, askPersonalData, askShipments, askToForget } from '../../tools/demo/service-answers.mjs';
import { until } from '../../tools/demo/until.mjs';
import { demoChannels, type DemoChannel } from './demo-channels.js';
import { eventsOf } from './events-of.js';

const ANN = 'ann.1@example.com';
const BEN = 'ben.2@example.com';
const SECRET = 'known to nobody but to these tests';
const HERE = { stepDelayMs: 0, host: '127.0.0.1', port: 0 };
const NOTHING = { events: 0, fields: 0, keys: 0, announced: 0 };

describe.each(demoChannels(inject('redisUrl')))('a person, to the demo apps on $name,', ({ open, openKeys }) => {
  it('is erased from the stream and from the page, and no one else is, also when the reporter starts anew', async () => {
    const { start, channel, environment } = demo({ open, openKeys });
    const [order, reporter] = [await start(orderApp), await start(reporterApp), await start(transitApp)];
    const placed = await placeOrders(order.url, 2);
    const before = await received(reporter, 2);
    expect(await askPersonalData(order.url, ANN)).toMatchObject([
      { type: 'orderPlaced.v1', fields: { user: { name: 'Ann', email: ANN } } },
      { type: 'packing.v1', fields: { email: ANN } },
      { type: 'onDelivery.v1', fields: { email: ANN } },
      { type: 'onReceived.v1', fields: { email: ANN } },
    ]);
    const page = eventsOf(await fetch(`${reporter.url}/events`));
    expect((await page.next()).value).toMatchObject({ event: 'all' });

    expect(await askToForget(order.url, ANN)).toEqual({ events: 4, fields: 4, keys: 1, announced: 1 });
    const change = { shipment: placed[0], customer: 'erased', state: 'received' };
    expect((await page.next()).value).toMatchObject({ event: 'change', data: change });
    await page.return();

    const after = [{ ...before[0], customer: 'erased' }, before[1]];
    expect(await askShipments(reporter.url)).toEqual(after);
    expect(await askPersonalData(order.url, ANN)).toEqual([]);
    expect(await askPersonalData(order.url, BEN)).toHaveLength(4);
    expect((await readEvents(channel, environment)).filter(({ type }) => type === '$erased.v1')).toHaveLength(1);

    await reporter.nest.close();
    const again = await start(reporterApp);
    await until(async () => ((await askGroups(again.url))['reporter']?.handled === 9 ? true : undefined), {
      timeoutMs: 20_000,
      what: () => 'the new reporter has not handled all events',
    });
    expect(await askShipments(again.url)).toEqual(after);
  });

  it('gets nothing more, once forgotten', async () => {
    const { start, channel, environment } = demo({ open, openKeys });
    const order = await start(orderApp);
    await placeOrders(order.url, 2);
    await askToForget(order.url, ANN);
    const [transit, reporter] = [await start(transitApp), await start(reporterApp)];

    await received(reporter, 1);
    await until(async () => ((await askGroups(transit.url))['transit']?.handled === 5 ? true : undefined), {
      timeoutMs: 20_000,
      what: () => 'transit has not handled all events',
    });
    expect(await askShipments(reporter.url)).toMatchObject([
      { customer: 'erased', state: 'placed' },
      { customer: { email: BEN }, state: 'received' },
    ]);
    expect(await readEvents(channel, environment)).toHaveLength(6);
  });

  it('is welcome again', async () => {
    const { start } = demo({ open, openKeys });
    const [order, reporter] = [await start(orderApp), await start(reporterApp), await start(transitApp)];
    await placeOrders(order.url, 1);
    await received(reporter, 1);
    await askToForget(order.url, ANN);
    await placeOrders(order.url, 1);

    const shipments = await received(reporter, 2);
    expect(shipments).toMatchObject([{ customer: 'erased' }, { customer: { name: 'Ann', email: ANN } }]);
    const known = await askPersonalData(order.url, ANN);
    expect(known.map(({ fields }) => Object.keys(fields))).toEqual([['user'], ['email'], ['email'], ['email']]);
  });

  it('is found however the address is typed, and is nobody when unknown', async () => {
    const { start } = demo({ open, openKeys });
    const order = await start(orderApp);
    await placeOrders(order.url, 1);

    expect(await askToForget(order.url, BEN)).toEqual(NOTHING);
    expect(await askPersonalData(order.url, BEN)).toEqual([]);
    expect(await askToForget(order.url, ANN.toUpperCase())).toMatchObject({ events: 1, keys: 1 });
    expect(await askToForget(order.url, ANN)).toEqual(NOTHING);
  });

  it('has an e-mail address', async () => {
    const { start } = demo({ open, openKeys });
    const order = await start(orderApp);
    for (const method of ['GET', 'DELETE']) {
      const answer = await fetch(`${order.url}/people/nobody/data`, { method });
      expect([answer.status, await answer.json()]).toMatchObject([400, { message: ['email must be an email'] }]);
    }
  });

  it('cannot be forgotten without a secret, and the answer says what to do', async () => {
    const { start } = demo({ open, openKeys });
    const order = await start(orderApp, { isSecret: false });
    for (const method of ['GET', 'DELETE']) {
      const answer = await fetch(`${order.url}/people/${ANN}/data`, { method });
      expect(answer.status).toBe(501);
      expect(await answer.text()).toContain('start the services with PRIVACY_SECRET');
    }
  });
});

describe('the order service', () => {
  it('answers 503, for orders and for people, while its server is away', async () => {
    const url = 'redis://127.0.0.1:1';
    const { start } = demo({
      open: () => redisChannel({ url, publishTimeoutMs: 200, commandTimeoutMs: 200 }),
      openKeys: () => redisPayloadStore({ url, commandTimeoutMs: 200 }),
    });
    const order = await start(orderApp);
    await expect(placeOrders(order.url, 1)).rejects.toThrow(/503.*EB_/);
    await expect(askToForget(order.url, ANN)).rejects.toThrow(/503.*EB_/);
    await expect(askPersonalData(order.url, ANN)).rejects.toThrow(/503.*EB_/);
  });
});

/** An environment of its own, and a way to start apps in it that end with the test. */
function demo({ open, openKeys }: Pick<DemoChannel, 'open' | 'openKeys'>) {
  const environment = `forget-${randomUUID()}`;
  const channel = open();
  onTestFinished(() => channel.close());
  const start = async (app: App, { isSecret = true } = {}): Promise<RunningApp> => {
    const privacy = isSecret ? privacyOptions(SECRET, openKeys(environment)) : undefined;
    const running = await startApp(app, { ...HERE, environment, channel: open(), privacy });
    onTestFinished(() => running.nest.close());
    return running;
  };
  return { environment, channel, start };
}

/** Waits until so many shipments were received, and resolves to all. */
async function received({ url }: RunningApp, count: number): Promise<Awaited<ReturnType<typeof askShipments>>> {
  const ask = async () => {
    const shipments = await askShipments(url);
    return shipments.filter(({ state }) => state === 'received').length === count ? shipments : undefined;
  };
  return until(ask, { timeoutMs: 20_000, what: () => `not ${count} shipments were received` });
}
