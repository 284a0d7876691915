import { Injectable } from '@nestjs/common';
import {
  DeadLetters,
  Erased,
  EventBatchHandler,
  EventContext,
  EventHandler,
  EventReader,
  Project,
  ProjectedEvent,
  Projection,
  Projections,
  type EventBatch,
} from 'nest-event-backbone';
import type { MemoryTransaction } from 'nest-event-backbone/projections';
import { describe, expect, it, vi } from 'vitest';
import { BothOrders, Customer, OldOrders, Orders, Price } from './old-orders.js';
import { ADA, all, newWorld, PRICE, producerOf, start } from './old-world.js';

describe('an event that an older build has stored', () => {
  it('reaches the handler of the present version, beside new ones, with both types to be seen', async () => {
    const seen: unknown[] = [];

    @Injectable()
    class Packing {
      @EventHandler(Orders, (e) => e.placed)
      pack(order: string, customer: Customer, price: Price, { type }: EventContext): void {
        seen.push([order, customer instanceof Customer, customer, price instanceof Price, price, type]);
      }
    }
    const world = newWorld();
    await producerOf(OldOrders, world).placed('o-1', ADA.email, 1250);
    const { settled } = await start(world, [Packing]);
    await producerOf(Orders, world).placed('o-2', ADA, PRICE);
    await settled();
    expect(seen).toEqual([
      ['o-1', true, ADA, true, PRICE, 'placed.v1'],
      ['o-2', true, ADA, true, PRICE, 'placed.v2'],
    ]);
  });

  it('is part of the batches of the present version', async () => {
    const seen: unknown[] = [];

    @Injectable()
    class Packing {
      @EventBatchHandler(Orders, (e) => e.placed, { maxSize: 2, maxWaitMs: 20 })
      pack(batch: EventBatch<Orders, 'placed'>): void {
        for (const { args } of batch) seen.push(args);
      }
    }
    const world = newWorld();
    await producerOf(OldOrders, world).placed('o-1', ADA.email, 1250);
    await producerOf(Orders, world).placed('o-2', ADA, PRICE);
    const { settled } = await start(world, [Packing]);
    await settled();
    expect(seen).toEqual(
      expect.arrayContaining([
        ['o-1', ADA, PRICE],
        ['o-2', ADA, PRICE],
      ]),
    );
  });

  it('goes to the handler of its own version where the group has one, and else to the next', async () => {
    const seen: string[] = [];

    @Injectable()
    class Packing {
      @EventHandler(BothOrders, (e) => e.placedV1)
      packOld(order: string, email: string): void {
        seen.push(`old ${order} ${email}`);
      }

      @EventHandler(BothOrders, (e) => e.placed)
      pack(order: string, _customer: Customer | Erased, { amount }: Price): void {
        seen.push(`new ${order} ${amount}`);
      }

      @EventHandler(BothOrders, (e) => e.placed, { group: 'present-only' })
      count(order: string, _customer: Customer | Erased, { amount }: Price): void {
        seen.push(`counted ${order} ${amount}`);
      }
    }
    const world = newWorld();
    const both = producerOf(BothOrders, world);
    await both.placedV1('o-1', ADA.email, 100);
    await both.placed('o-2', ADA, { amount: 2, currency: 'EUR' });
    await start(world, [Packing]);
    await vi.waitUntil(() => seen.length === 4, { timeout: 20_000 });
    expect(seen.sort()).toEqual(['counted o-1 1', 'counted o-2 2', 'new o-2 2', 'old o-1 ada@example.org']);
  });

  it('that its upcaster cannot read is set aside at once, without its data, and shown as far as it can be', async () => {
    let calls = 0;

    @Injectable()
    class Packing {
      @EventHandler(Orders, (e) => e.placed)
      pack(): void {
        calls += 1;
      }
    }
    const world = newWorld();
    await producerOf(OldOrders, world).placed('o-1', ADA.email, -1250);
    await producerOf(OldOrders, world).placed('o-2', ADA.email, 1250);
    const { app, settled, logged } = await start(world, [Packing]);
    await settled();
    expect(calls).toBe(1);
    const letters = app.get(DeadLetters);
    const [letter] = await letters.list(Orders);
    expect(letter).toMatchObject({ kind: 'invalid', code: 'EB_UNDECODABLE', type: 'placed.v1', attempts: 1 });
    expect(letter?.error).toContain(
      'argument "price" of placed.v2 cannot be decoded: its upcaster from version 1 to 2 threw',
    );
    const shown = await letters.show(Orders, letter?.id ?? '');
    expect(shown).toMatchObject({ metadata: { type: 'placed.v1' } });
    expect(shown?.args).toBeUndefined();
    expect(`${logged.join()} ${JSON.stringify(letter)}`).not.toMatch(/1250|ada@/);
  });

  it('is shown as the present version among dead letters', async () => {
    @Injectable()
    class Packing {
      @EventHandler(Orders, (e) => e.placed, { retry: { attempts: 1 } })
      pack(): void {
        throw new Error('no box');
      }
    }
    const world = newWorld();
    await producerOf(OldOrders, world).placed('o-1', ADA.email, 1250);
    const { app, settled } = await start(world, [Packing]);
    await settled();
    const letters = app.get(DeadLetters);
    const [letter] = await letters.list(Orders);
    expect(await letters.show(Orders, letter?.id ?? '')).toMatchObject({
      metadata: { type: 'placed.v1' },
      args: { order: 'o-1', customer: ADA, price: PRICE },
    });
  });

  it('changes a read model as the present version does, when it is made anew, too', async () => {
    @Projection('orders', { contract: Orders })
    class OrdersProjection {
      async create(): Promise<void> {}

      @Project(Orders, (e) => e.placed)
      placed(order: string, _customer: Customer, price: Price, { tx }: ProjectedEvent<MemoryTransaction>): void {
        tx.table('orders').set(order, price.amount);
      }
    }
    const world = newWorld();
    await producerOf(OldOrders, world).placed('o-1', ADA.email, 1250);
    const { app, model } = await start(world, [OrdersProjection]);
    const { position } = await producerOf(OldOrders, world).placed('o-2', ADA.email, 300);
    const projections = app.get(Projections);
    await projections.waitFor('orders', position);
    const rows = new Map([
      ['o-1', 12.5],
      ['o-2', 3],
    ]);
    expect(model.rows('orders', 'orders')).toEqual(rows);
    expect(await projections.init('orders', { swap: true })).toMatchObject({ events: 2 });
    expect(model.rows('orders', 'orders')).toEqual(rows);
  });
});

describe('a reader', () => {
  async function reading() {
    const world = newWorld();
    const { id, position } = await producerOf(OldOrders, world).placed('o-1', ADA.email, 1250);
    await producerOf(Orders, world).placed('o-1', ADA, PRICE);
    return { world, id, position, orders: new EventReader(Orders, world), both: new EventReader(BothOrders, world) };
  }

  it('gives older events as the present ones, with their type as it was stored', async () => {
    const { orders, id, position } = await reading();
    const events = await all(orders.events());
    expect(events.map(({ name, type, args }) => [name, type, args])).toEqual([
      ['placed', 'placed.v1', { order: 'o-1', customer: ADA, price: PRICE }],
      ['placed', 'placed.v2', { order: 'o-1', customer: ADA, price: PRICE }],
    ]);
    expect((await orders.get(position))?.args.price).toBeInstanceOf(Price);
    expect((await orders.byId(id))?.type).toBe('placed.v1');
    const some = await all(orders.events({ types: [(e) => e.placed], fields: ['price'] }));
    expect(some.map(({ args }) => args)).toEqual([{ price: PRICE }, { price: PRICE }]);
  });

  it('gives an older event as its own version where that is asked for, and as the next where it is not', async () => {
    const { both } = await reading();
    const named = async (types?: readonly ('placedV1' | 'placed')[]) => {
      const names: string[] = [];
      for await (const { name } of types ? both.events({ types }) : both.events()) names.push(name);
      return names;
    };
    expect(await named()).toEqual(['placedV1', 'placed']);
    expect(await named(['placed'])).toEqual(['placed', 'placed']);
    expect(await named(['placedV1'])).toEqual(['placedV1']);
  });

  it('gives plain JSON of the present version, and says what it was', async () => {
    const { orders, id } = await reading();
    const plain = await orders.byId(id, { plain: true });
    expect(plain).toMatchObject({
      ...{ type: 'placed.v1', name: 'placed', readAs: 'placed.v2', erased: [] },
      args: { order: 'o-1', customer: ADA, price: PRICE },
    });
    const [, present] = await all(orders.events({ plain: true }));
    expect(present).toMatchObject({ type: 'placed.v2', args: { order: 'o-1', price: PRICE } });
    expect(present).not.toHaveProperty('readAs');
  });

  it('folds and decides over older events', async () => {
    const { world, orders } = await reading();
    const on = { placed: (sum: number, { args }: { args: { price: Price } }) => sum + args.price.amount };
    expect(await orders.fold({ initial: () => 0, on })).toBe(25);
    const reader = new EventReader(Orders, { ...world, producer: () => producerOf(Orders, world) });
    expect((await reader.aggregate('o-1', { initial: () => 0, on }).load()).state).toBe(25);
  });
});
