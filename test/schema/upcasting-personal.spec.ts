import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  ERASED,
  Erased,
  EventBackboneModule,
  EventHandler,
  EventReader,
  getBackboneToken,
  getPrivacyToken,
  Privacy,
  RelayModule,
  Relays,
} from 'nest-event-backbone';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { SECRET, sharedChannel, WRAPPING } from '../privacy/start-visits.js';
import { BothOrders, Customer, OldOrders, Orders, PlainOrders, Price } from './old-orders.js';
import { ADA, all, newWorld, PRICE, producerOf, start } from './old-world.js';

describe('personal data of an older version', () => {
  it('that was erased is erased in whatever is made of it, and a handler that needs it passes over', async () => {
    const seen: unknown[] = [];

    @Injectable()
    class Packing {
      @EventHandler(Orders, (e) => e.placed, { group: 'needs-it' })
      pack(order: string): void {
        seen.push(order);
      }

      @EventHandler(BothOrders, (e) => e.placed)
      count(order: string, customer: Customer | Erased, price: Price): void {
        seen.push([order, customer, price]);
      }
    }
    const world = newWorld();
    const { id } = await producerOf(OldOrders, world).placed('o-1', ADA.email, 1250);
    const stream = { environment: world.environment, contract: 'orders' };
    await world.channel.admin.erase(stream, [id]);
    await start(world, [Packing]);
    await vi.waitFor(async () => {
      expect(await world.channel.admin.state(stream, 'needs-it')).toMatchObject({ pending: 0, lag: 0 });
      expect(await world.channel.admin.state(stream, 'test')).toMatchObject({ pending: 0, lag: 0 });
    }, 20_000);
    expect(seen).toEqual([['o-1', ERASED, PRICE]]);
    expect(await world.channel.admin.deadLetters.list(stream, 'needs-it')).toEqual([]);
    const plain = await new EventReader(Orders, world).byId(id, { plain: true });
    expect(plain).toMatchObject({ erased: ['customer'], args: { order: 'o-1', price: PRICE } });
    expect(plain?.args).not.toHaveProperty('customer');
  });

  it("is known to be that person's where an event is relayed, exported as it was stored, and erased", async () => {
    const { app, here, relayed, target } = await relaying();
    await here.producer(OldOrders).placed('o-1', ADA.email, 1250);
    await here.producer(OldOrders).placed('o-2', 'bob@example.org', 1250);
    await relayed(2);
    const there = app.get<Backbone>(getBackboneToken('there'), { strict: false });
    const privacy = app.get<Privacy>(getPrivacyToken('there'), { strict: false });
    const events = await all(there.channel.read({ stream: target }));
    expect(events.flat().map(({ message }) => message?.type)).toEqual(['placed.v1', 'placed.v1']);

    const exported = await privacy.export(ADA.email);
    expect(exported).toMatchObject([{ type: 'placed.v1', fields: { email: ADA.email } }]);
    const reader = there.reader(Orders);
    const customers = async () => (await all(reader.events())).map(({ args }) => args.customer);
    expect(await customers()).toEqual([ADA, { email: 'bob@example.org' }]);
    await privacy.erase(ADA.email);
    expect(await customers()).toEqual([ERASED, { email: 'bob@example.org' }]);
    expect(await privacy.export(ADA.email)).toEqual([]);
    expect(await privacy.audit()).toMatchObject({ findings: [] });
  });

  it('that only its upcaster knows to be personal is stored as such where an event is relayed', async () => {
    const { here, relayed, stored } = await relaying();
    await here.producer(PlainOrders).placed('o-1', ADA.email, 1250);
    await relayed(1);
    const [event] = await stored();
    expect(event?.message).toMatchObject({ type: 'placed.v1', personal: ['email'] });
    expect(JSON.stringify(event?.message?.fields)).not.toContain(ADA.email);
  });
});

/** An application that relays what it has of the stream to a connection that encrypts, and knows the present contract. */
async function relaying() {
  const environment = `upcasting-${randomUUID()}`;
  const target = { environment: `${environment}-there`, contract: 'orders' };
  const bare = memoryChannel();
  const keys = { store: memoryPayloadStore(), wrapping: WRAPPING };
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: memoryChannel(), environment }),
      EventBackboneModule.forRoot({
        ...{ name: 'there', channel: sharedChannel(bare), environment: target.environment },
        privacy: { secret: SECRET, keys },
      }),
      RelayModule.forRoot({ to: 'there', contracts: [Orders] }),
    ],
  });
  const app = await builder.setLogger(quietLogger().logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  return {
    ...{ app, target, here: app.get(Backbone) },
    relayed: async (count: number) => {
      const relays = app.get(Relays, { strict: false });
      await vi.waitFor(() => expect(relays.states()).toMatchObject([{ relayed: count, deadLetters: 0 }]), 20_000);
    },
    stored: async () => (await all(bare.read({ stream: target }))).flat(),
  };
}
