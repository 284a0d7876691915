import { Injectable } from '@nestjs/common';
import {
  Project,
  ProjectedEvent,
  Projection,
  ProjectionModule,
  Projections,
  type BackboneError,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { memoryReadModel, type MemoryTransaction } from 'nest-event-backbone/projections';
import type { EventBackboneTestingOptions } from 'nest-event-backbone/testing';
import { describe, expect, it, vi } from 'vitest';
import { Product, ShipmentTracking, User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

@Projection('orders', { contract: ShipmentTracking })
class OrdersProjection {
  async create(): Promise<void> {}

  @Project(ShipmentTracking, (e) => e.orderPlaced)
  placed(user: User, product: Product, _time: Date, { tx, key }: ProjectedEvent<MemoryTransaction>): void {
    if (!(user instanceof User)) throw new Error('the arguments were not revived');
    tx.table('orders').set(key, product.id);
  }

  @Project(ShipmentTracking, 'packing')
  packed(_email: string, productId: number, _time: Date, { tx, key }: ProjectedEvent<MemoryTransaction>): void {
    tx.table('packed').set(key, productId);
  }
}

@Injectable()
@Projection('counts', { contract: ShipmentTracking, onFailure: 'skip' })
class CountsProjection {
  @Project(ShipmentTracking, (e) => e.orderPlaced)
  count(user: User, _product: Product, _time: Date, { tx }: ProjectedEvent<MemoryTransaction>): void {
    if (user.email === 'poison@example.org') throw new Error('poison');
    const counts = tx.table<number>('counts');
    counts.set('all', (counts.get('all') ?? 0) + 1);
  }
}

describe('the projections of an application', () => {
  it('are found, listed and run beside its handlers', async () => {
    const { model, projections, shipments, logged } = await start();
    const { position } = await shipments.$with({ key: 'one' }).orderPlaced(...order());
    await projections.waitFor('orders', position);
    await projections.waitFor('counts', position);
    expect(model.rows('orders', 'orders')).toEqual(new Map([['one', 7]]));
    expect(model.rows('counts', 'counts')).toEqual(new Map([['all', 1]]));
    expect(logged).toContain('log OrdersProjection.placed -> shipment-tracking.orderPlaced.v1 -> projection orders');
    expect(await projections.state('orders')).toMatchObject({ status: 'live', lag: { events: 0 } });
  });

  it('pass over an event that fails, and the log does not hold its arguments', async () => {
    const { projections, shipments, logged } = await start();
    await shipments.orderPlaced(...order('poison@example.org'));
    await projections.waitFor('counts', (await shipments.orderPlaced(...order())).position);
    expect(await projections.skipped('counts')).toMatchObject([{ type: 'orderPlaced.v1' }]);
    expect(logged.join()).toContain('skipped');
    expect(logged.join()).not.toContain('poison');
  });

  it('run where they are asked for only, and can be run and made anew by hand', async () => {
    const { model, projections, shipments } = await start({ projections: ['counts'] });
    const { position } = await shipments.$with({ key: 'one' }).orderPlaced(...order());
    await projections.waitFor('counts', position);
    expect((await projections.state('orders')).status).toBe('idle');
    expect(await projections.init('orders', { swap: true })).toEqual({ events: 1, resumed: false });
    expect(model.rows('orders', 'orders')).toEqual(new Map([['one', 7]]));
    projections.run('orders');
    await projections.waitFor('orders', (await shipments.packing('ada@example.org', 9, new Date(0))).position);
    await expect(projections.init('counts')).rejects.toMatchObject({ code: 'EB_OPTIONS' });
    expect(() => projections.run('unknown')).toThrow(/orders, counts/);
  });

  it('stop with the application, and leave what they had not taken in to the next one', async () => {
    const model = memoryReadModel();
    const channel = memoryChannel();
    const first = await start({ model }, channel);
    await first.projections.waitFor('counts', (await first.shipments.orderPlaced(...order())).position);
    await first.app.close();
    expect(() => first.projections.run('counts')).toThrow(/EB_CLOSED/);
    const next = await start({ model }, channel.open());
    await next.projections.waitFor('counts', (await next.shipments.orderPlaced(...order())).position);
    expect(model.rows('counts', 'counts')).toEqual(new Map([['all', 2]]));
  });

  it('keep what they have not read from retention, also where they are not started', async () => {
    const channel = memoryChannel();
    const retention = { maxEvents: 0, everyMs: 5 };
    const { model, projections, shipments } = await start({ projections: ['counts'] }, channel, [], { retention });
    const left = async () => {
      let count = 0;
      for await (const events of channel.read({ stream: STREAM })) count += events.length;
      return count;
    };
    await shipments.orderPlaced(...order());
    await projections.waitFor('counts', (await shipments.orderPlaced(...order())).position);
    // Only retention asks for a projection that is not started; asked again, it is done with the first time.
    const asked = vi.spyOn(model, 'load');
    await vi.waitFor(
      () => expect(asked.mock.calls.filter(([name]) => name === 'orders').length).toBeGreaterThan(2),
      PATIENCE,
    );
    expect(await left()).toBe(2);
    projections.run('orders');
    await vi.waitFor(async () => expect(await left()).toBe(1), PATIENCE);
    expect(model.rows('orders', 'orders').size).toBe(2);
  });

  it('are refused without a read model, twice, and under a name that is not there', async () => {
    const refusals = [
      startApplication({ imports: [ProjectionModule.forRoot({})], providers: [CountsProjection] }),
      start({ projections: ['unknown'] }),
      start({}, undefined, [CountsAgain]),
    ];
    const errors = await Promise.all(
      refusals.map((starting) => starting.catch((error: unknown) => error as BackboneError)),
    );
    expect(errors.map((error) => 'code' in error && error.code)).toEqual(['EB_HANDLER', 'EB_OPTIONS', 'EB_HANDLER']);
  });
});

@Projection('counts', { contract: ShipmentTracking })
class CountsAgain extends CountsProjection {}

/** How long a condition may take on a slow machine. */
const PATIENCE = { timeout: 20_000, interval: 10 };
const STREAM = { environment: 'default', contract: 'shipment-tracking' };

async function start(
  options: Parameters<typeof ProjectionModule.forRoot>[0] = {},
  own = memoryChannel(),
  more: (new () => unknown)[] = [],
  connection: EventBackboneTestingOptions = {},
) {
  const model = (options.model as ReturnType<typeof memoryReadModel> | undefined) ?? memoryReadModel();
  const started = await startApplication(
    {
      imports: [ProjectionModule.forRoot({ model, ...options })],
      providers: [OrdersProjection, CountsProjection, ...more],
    },
    { ...connection, channel: own },
  );
  return { ...started, model, projections: started.app.get(Projections) };
}
