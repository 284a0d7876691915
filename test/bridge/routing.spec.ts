import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  EventHandler,
  getProducerToken,
  InjectProducer,
  type EventContext,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Orders, Returns, WholesaleOrders } from './bridging.js';

/** Appends to its own environment and to another one. */
@Injectable()
class Shop {
  constructor(
    @InjectProducer(Orders) readonly orders: Producer<Orders>,
    @InjectProducer(Orders, { environment: 'audit' }) readonly audit: Producer<Orders>,
    @InjectProducer(Returns) readonly returns: Producer<Returns>,
    @InjectProducer(WholesaleOrders) readonly wholesale: Producer<WholesaleOrders>,
  ) {}
}

/** One provider for several contracts, two of which share a stream. */
@Injectable()
class Desk {
  readonly seen: string[] = [];

  @EventHandler(Orders, (e) => e.placed)
  placed(order: string, _amount: number, { stream }: EventContext): void {
    this.seen.push(`${stream.contract} placed ${order}`);
  }

  @EventHandler(Returns, (e) => e.returned)
  returned(order: string, { stream }: EventContext): void {
    this.seen.push(`${stream.contract} returned ${order}`);
  }

  @EventHandler(WholesaleOrders, (e) => e.placed)
  ordered(order: string, _amount: number, { stream }: EventContext): void {
    this.seen.push(`${stream.contract} placed ${order}`);
  }
}

async function start() {
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: memoryChannel(), group: 'desk', environment: 'shop' }),
      EventBackboneModule.forFeature([Orders, Returns, WholesaleOrders]),
      EventBackboneModule.forFeature([Orders], { environment: 'audit' }),
    ],
    providers: [Shop, Desk],
  });
  const app = await builder.compile();
  onTestFinished(() => app.close());
  await app.init();
  return { app, shop: app.get(Shop), desk: app.get(Desk) };
}

describe('a producer', () => {
  it('for another environment is injected beside the one of its own, and the two do not mix', async () => {
    const { app, shop, desk } = await start();
    const here = await shop.orders.placed('o-1', 1);
    const there = await shop.audit.placed('o-2', 1);
    expect([here, there].map(({ stream }) => stream.environment)).toEqual(['shop', 'audit']);
    expect((await shop.audit.$with({ environment: 'shop' }).placed('o-3', 1)).stream.environment).toBe('shop');
    await vi.waitFor(() => expect(desk.seen).toEqual(['orders placed o-1', 'orders placed o-3']));
    const ids: (string | undefined)[] = [];
    for await (const events of app.get(Backbone).channel.read({ stream: there.stream })) {
      ids.push(...events.map(({ message }) => message?.id));
    }
    expect(ids).toEqual([there.id]);
  });

  it('for an environment has a token of its own, for tests to replace', () => {
    const tokens = [
      undefined,
      'a',
      { connection: 'a' },
      { environment: 'a' },
      { connection: 'a', environment: 'a' },
    ].map((place) => getProducerToken(Orders, place));
    expect(tokens[1]).toBe(tokens[2]);
    expect(new Set(tokens).size).toBe(4);
  });

  it('for an environment that is no name is refused', () => {
    expect(() => EventBackboneModule.forFeature([Orders], { environment: 'not a name' })).toThrow('EB_NAME');
    expect(() => InjectProducer(Orders, { environment: '' })).toThrow('EB_NAME');
  });
});

describe('contracts', () => {
  it('that share a name share a stream, and one group handles them in its order', async () => {
    const { shop, desk } = await start();
    const { stream } = await shop.orders.placed('o-1', 1);
    expect((await shop.returns.returned('o-1')).stream).toEqual(stream);
    await shop.orders.placed('o-1', 2);
    await vi.waitFor(() =>
      expect(desk.seen).toEqual(['orders placed o-1', 'orders returned o-1', 'orders placed o-1']),
    );
  });

  it('that are derived under another name have a stream of their own with the same events', async () => {
    const { shop, desk } = await start();
    expect((await shop.wholesale.placed('o-9', 1)).stream.contract).toBe('wholesale-orders');
    await vi.waitFor(() => expect(desk.seen).toEqual(['wholesale-orders placed o-9']));
  });
});
