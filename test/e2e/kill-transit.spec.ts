import { randomUUID } from 'node:crypto';
import { redisChannel } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { placeOrders } from '../../tools/demo/place-orders.mjs';
import { readEvents } from '../../tools/demo/read-events.mjs';
import { askShipments } from '../../tools/demo/service-answers.mjs';
import { startService, type Service } from '../../tools/demo/start-service.mjs';
import { until } from '../../tools/demo/until.mjs';

const url = inject('redisUrl');
const ORDERS = 48;
const EVENTS = ORDERS * 4;

describe.skipIf(url === '')('the demo services as processes of their own', () => {
  const environment = `kill-${randomUUID()}`;
  const channel = redisChannel({ url });
  const printed: string[] = [];
  const services: Service[] = [];

  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await channel.close();
  });

  async function started(name: string): Promise<Service> {
    const env = { CHANNEL: 'redis', REDIS_URL: url, ENVIRONMENT: environment, LEASE_MS: '2000', STEP_DELAY_MS: '100' };
    const service = await startService(name, { env, onLine: (line) => printed.push(line) });
    services.push(service);
    return service;
  }

  it('bring every shipment to its end, each step once, when transit is killed in the middle', async () => {
    const [order, transit, reporter] = await Promise.all([started('order'), started('transit'), started('reporter')]);
    const placed = await placeOrders(order.url, ORDERS);
    await until(async () => ((await readEvents(channel, environment)).length >= EVENTS / 2 ? true : undefined), {
      timeoutMs: 15_000,
      what: () => `transit does not move:\n${printed.slice(-15).join('\n')}`,
    });

    await transit.kill();
    const state = await channel.admin.state({ environment, contract: 'shipment-tracking' }, 'transit');
    expect((await readEvents(channel, environment)).length).toBeLessThan(EVENTS);
    expect(state?.pending).toBeGreaterThan(0);

    await started('transit');
    const shipments = await until(() => allReceived(reporter.url), {
      timeoutMs: 30_000,
      what: () => `not every shipment was received:\n${printed.slice(-15).join('\n')}`,
    });

    expect(shipments.map(({ shipment }) => shipment).sort()).toEqual([...placed].sort());
    const events = await readEvents(channel, environment);
    expect(events).toHaveLength(EVENTS);
    for (const shipment of placed) {
      const steps = events.filter(({ key }) => key === shipment).map(({ type }) => type);
      expect(steps).toEqual(['orderPlaced.v1', 'packing.v1', 'onDelivery.v1', 'onReceived.v1']);
    }
  }, 90_000);

  async function allReceived(reporterUrl: string): Promise<Awaited<ReturnType<typeof askShipments>> | undefined> {
    const shipments = await askShipments(reporterUrl);
    const received = shipments.filter((one) => one.state === 'received');
    return received.length === ORDERS ? shipments : undefined;
  }
});
