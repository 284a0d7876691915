import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AppLogger, startApp, type App, type RunningApp } from '#app-kit';
import { orderApp } from '../../apps/order/src/order.app.js';
import { reporterApp } from '../../apps/reporter/src/reporter.app.js';
import { transitApp } from '../../apps/transit/src/transit.app.js';
import { placeOrders } from '../../tools/demo/place-orders.mjs';
import { readEvents } from '../../tools/demo/read-events.mjs';
import { askGroups, askShipments } from '../../tools/demo/service-answers.mjs';
import { until } from '../../tools/demo/until.mjs';
import { demoChannels } from './demo-channels.js';
import { eventsOf } from './events-of.js';

const CHAIN = ['orderPlaced.v1', 'packing.v1', 'onDelivery.v1', 'onReceived.v1'];

describe.each(demoChannels(inject('redisUrl')))('the demo apps on $name', ({ open }) => {
  const environment = `demo-${randomUUID()}`;
  const channel = open();
  const running: RunningApp[] = [];
  const printed: string[] = [];
  let order: RunningApp;
  let transit: RunningApp;
  let reporter: RunningApp;

  async function started(app: App): Promise<RunningApp> {
    const logger = new AppLogger(app.name, (line) => printed.push(line));
    const here = { environment, stepDelayMs: 0, host: '127.0.0.1', port: 0, logger };
    const one = await startApp(app, { ...here, channel: open() });
    running.push(one);
    return one;
  }

  beforeAll(async () => {
    reporter = await started(reporterApp);
    order = await started(orderApp);
    transit = await started(transitApp);
  });

  afterAll(async () => {
    for (const { nest } of running.reverse()) await nest.close();
    await channel.close();
  });

  async function received(count: number): Promise<Awaited<ReturnType<typeof askShipments>>> {
    const ask = async () => {
      const shipments = await askShipments(reporter.url);
      return shipments.filter(({ state }) => state === 'received').length === count ? shipments : undefined;
    };
    return until(ask, { timeoutMs: 15_000, what: () => `not all of ${count} shipments were received` });
  }

  it('refuse an order that is not valid, say why, and store nothing', async () => {
    const answer = await fetch(`${order.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: { id: 1, email: 'nobody', name: 'Ann' }, product: { id: 1, name: 'Nintendo' } }),
    });

    expect(answer.status).toBe(400);
    const { message } = (await answer.json()) as { message: string[] };
    expect(message).toEqual([
      'user.email must be an email',
      'product.price must not be less than 0',
      'product.price must be a number conforming to the specified constraints',
    ]);
    expect(await readEvents(channel, environment)).toEqual([]);
  });

  it('bring four orders to their customers, four events each, and print nothing about these', async () => {
    const placed = await placeOrders(order.url, 4);
    const shipments = await received(4);

    expect(shipments.map(({ shipment, product, customer }) => [shipment, product, customer])).toEqual([
      [placed[0], 'Nintendo', { name: 'Ann', email: 'ann.1@example.com' }],
      [placed[1], 'Camera', { name: 'Ben', email: 'ben.2@example.com' }],
      [placed[2], 'Laptop', { name: 'Cleo', email: 'cleo.3@example.com' }],
      [placed[3], 'Bike', { name: 'Dan', email: 'dan.4@example.com' }],
    ]);
    for (const { times } of shipments) {
      expect(Object.keys(times)).toEqual(['placed', 'packing', 'on delivery', 'received']);
    }
    const events = await readEvents(channel, environment);
    expect(events).toHaveLength(16);
    for (const shipment of placed) {
      expect(events.filter(({ key }) => key === shipment).map(({ type }) => type)).toEqual(CHAIN);
    }
    expect(printed.join('\n')).toContain('Nintendo');
    expect(printed.join('\n')).not.toMatch(/example\.com|Ann|Ben|Cleo|Dan/);
  });

  it('count every event once in each group', async () => {
    const ask = async () => {
      const groups = { ...(await askGroups(transit.url)), ...(await askGroups(reporter.url)) };
      return groups['transit']?.handled === 16 ? groups : undefined;
    };
    const groups = await until(ask, { timeoutMs: 5_000, what: () => 'transit has not handled 16 events' });

    expect(groups).toEqual({
      transit: { handled: 16, deadLetters: 0 },
      reporter: { handled: 16, deadLetters: 0 },
    });
    expect(await askGroups(order.url)).toEqual({});
  });

  it('tell a page that listens of everything there is, then of each step', async () => {
    const answer = await fetch(`${reporter.url}/events`, { headers: { accept: 'text/event-stream' } });
    const lines = eventsOf(answer);
    const first = await lines.next();
    expect(first.value).toMatchObject({ event: 'all', data: [{}, {}, {}, {}] });

    const [shipment] = await placeOrders(order.url, 1);
    for (const state of ['placed', 'packing', 'on delivery', 'received']) {
      const { value } = await lines.next();
      expect(value).toMatchObject({ event: 'change', data: { shipment, product: 'Nintendo', state } });
    }
    await lines.return();
  });

  it('show a shipment, and all of them, as they were at any moment of the past', async () => {
    const ask = async (path: string) => {
      const answer = await fetch(`${reporter.url}/${path}`);
      const body: unknown = await answer.json();
      return { status: answer.status, body };
    };
    const [, shipment] = await askShipments(reporter.url);
    const { shipment: id = '', times = {} } = shipment ?? {};
    const [first, ...moments] = [...new Set(Object.values(times))];
    // A moment is the first that no longer counts: what happened in it has not happened yet.
    expect((await ask(`shipments/${id}?at=${first}`)).status).toBe(404);
    for (const at of [...moments, new Date().toISOString()]) {
      const then = Object.fromEntries(Object.entries(times).filter(([, time]) => time < at));
      const { body } = await ask(`shipments/${id}?at=${at}`);
      expect(body).toMatchObject({ shipment: id, times: then });
      expect((await ask(`shipments?at=${at}`)).body).toContainEqual(body);
    }
    expect((await ask(`shipments/${id}`)).body).toEqual(shipment);
    expect((await ask(`shipments?at=${new Date(0).toISOString()}`)).body).toEqual([]);
    expect((await ask('shipments?at=yesterday')).status).toBe(400);
  });

  it('serve a page that loads nothing from elsewhere', async () => {
    const answer = await fetch(reporter.url);
    const page = await answer.text();

    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page).toContain("new EventSource('events')");
    expect(page).not.toMatch(/(?:src|href)=["'](?:https?:)?\/\//);
  });

  it('give the reporter its board back from the stream alone when it starts anew', async () => {
    const before = await received(5);
    await reporter.nest.close();
    running.splice(running.indexOf(reporter), 1);
    reporter = await started(reporterApp);

    expect(await received(5)).toEqual(before);
  });
});
