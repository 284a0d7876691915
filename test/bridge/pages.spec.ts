import { Test } from '@nestjs/testing';
import { BackboneError, Bridges, EventBackboneModule, getChannelToken, type Stream } from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { MoveOrders } from './moving/move-orders.js';
import { MovingModule } from './moving/moving.module.js';
import { OrderEvents } from './moving/order-events.js';
import { Sales, Warehouse } from './page/orders.js';
import { SalesModule } from './page/sales.module.js';

const NAMES = [undefined, 'redis', 'kafka'] as const;

/** An application of a page, with its events in memory. */
async function start(module: typeof MovingModule | typeof SalesModule, channels: readonly Channel[]) {
  const builder = Test.createTestingModule({ imports: [module] }).setLogger(quietLogger().logger);
  for (const [i, name] of NAMES.entries()) builder.overrideProvider(getChannelToken(name)).useValue(channels[i]);
  const app = await builder.compile();
  onTestFinished(() => app.close());
  await app.init();
  return app;
}

async function ordersIn(channel: Channel | undefined, stream: Partial<Stream> = {}): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const of = { environment: 'prod', contract: 'orders', ...stream };
  for await (const events of channel?.read({ stream: of }) ?? []) {
    for (const { message } of events) found.push(message?.fields['order']);
  }
  return found;
}

describe('the application of docs/bridge.md', () => {
  it('routes its events, and copies them to where they belong', async () => {
    const channels = NAMES.map(() => memoryChannel());
    const app = await start(SalesModule, channels);
    const sales = app.get(Sales);
    await sales.place('a', 5, 'retail');
    await sales.place('free', 0, 'retail');
    await sales.place('b', 7, 'wholesale');
    await sales.place('c', 9, 'trial');
    expect(await app.get(Bridges, { strict: false }).caughtUp()).toHaveLength(4);
    const [own, redis, kafka] = channels;
    expect(await ordersIn(redis)).toEqual(['"a"', '"free"']);
    expect(await ordersIn(kafka)).toEqual(['"a"', '"free"']);
    expect(await ordersIn(kafka, { contract: 'wholesale-orders' })).toEqual(['"b"']);
    expect(await ordersIn(own, { environment: 'staging' })).toEqual(['"a"']);
    expect(await ordersIn(own, { environment: 'trial' })).toEqual(['"c"']);
    const warehouse = await Test.createTestingModule({
      imports: [EventBackboneModule.forRoot({ channel: redis as Channel, environment: 'prod', group: 'warehouse' })],
      providers: [Warehouse],
    }).compile();
    onTestFinished(() => warehouse.close());
    await warehouse.init();
    const { picked } = warehouse.get(Warehouse);
    await vi.waitFor(() => expect(picked).toEqual(['a from sales-db', 'free from sales-db']));
  });
});

describe('the application of docs/migrating.md', () => {
  it('turns to the new channel with everything copied, its groups ready, and nothing in between', async () => {
    const [, redis, kafka] = NAMES.map(() => memoryChannel());
    const app = await start(MovingModule, [memoryChannel(), redis as Channel, kafka as Channel]);
    const events = app.get(OrderEvents);
    await events.placed('a', 1);
    const moved = app.get(MoveOrders).run(10_000);
    const waiting = events.placed('b', 2);
    await Promise.all([moved, waiting]);
    expect(await ordersIn(redis)).toEqual(['"a"']);
    expect(await ordersIn(kafka)).toEqual(['"a"', '"b"']);
    const groups = await kafka?.admin.groups({ environment: 'prod', contract: 'orders' });
    expect(groups?.map(({ group, lag }) => [group, lag]).sort()).toEqual([
      ['billing', 1],
      ['warehouse', 1],
    ]);
  });

  it('goes on as before where not everything can be copied', async () => {
    const [redis, memory] = [memoryChannel(), memoryChannel()];
    const kafka: Channel = Object.create(memory, {
      publish: { value: () => Promise.reject(new BackboneError('EB_TOO_LARGE', 'refused')) },
    }) as Channel;
    const app = await start(MovingModule, [memoryChannel(), redis, kafka]);
    const events = app.get(OrderEvents);
    await events.placed('a', 1);
    await vi.waitFor(() => expect(app.get(Bridges, { strict: false }).states()).toMatchObject([{ deadLetters: 1 }]));
    await expect(app.get(MoveOrders).run(10_000)).rejects.toThrow('not copied');
    await events.placed('b', 2);
    expect(await ordersIn(redis)).toEqual(['"a"', '"b"']);
  });
});
