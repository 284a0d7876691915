import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { EventContext, EventGroup, EventHandler, type EventMetadata } from 'nest-event-backbone';
import { describe, expect, it } from 'vitest';
import { Product, ShipmentTracking, User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

const SEEN = Symbol('seen');
type Seen = unknown[];

function seenProvider() {
  const seen: Seen = [];
  return { seen, provider: { provide: SEEN, useValue: seen } };
}

@Injectable()
class Packer {
  constructor(@Inject(SEEN) protected readonly seen: Seen) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  pack(user: User): void {
    this.seen.push(user.email);
  }
}

describe('finding handlers', () => {
  it('hands a handler the arguments in their classes, then the context', async () => {
    let args: readonly unknown[] = [];
    @Injectable()
    class All {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      all(user: User, product: Product, time: Date, context: EventContext): void {
        args = [user, product, time, context];
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [All] });
    const receipt = await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(args[0]).toBeInstanceOf(User);
    expect(args[1]).toBeInstanceOf(Product);
    expect(args[2]).toEqual(new Date(0));
    expect(args[3]).toBeInstanceOf(EventContext);
    const context = args[3] as EventContext;
    expect(context).toMatchObject({ id: receipt.id, type: 'orderPlaced.v1', group: 'test', attempt: 1 });
    expect(context.metadata satisfies EventMetadata).toMatchObject({ correlationId: receipt.id });
  });

  it('takes the name of the event as well as a selector', async () => {
    const { seen, provider } = seenProvider();
    @Injectable()
    class Named {
      @EventHandler(ShipmentTracking, 'packing')
      packed(email: string): void {
        seen.push(email);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Named, provider] });
    await shipments.packing('ada', 7, new Date());
    await recorder.settled();
    expect(seen).toEqual(['ada']);
  });

  it('finds handlers of controllers', async () => {
    const { seen, provider } = seenProvider();
    @Controller()
    class PackController extends Packer {}
    const { shipments, recorder } = await startApplication({ controllers: [PackController], providers: [provider] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(seen).toEqual(['ada@example.org']);
  });

  it('handles two events with one method', async () => {
    const { seen, provider } = seenProvider();
    @Injectable()
    class Both {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      @EventHandler(ShipmentTracking, (e) => e.packing)
      both(first: unknown, _second: unknown, _time: Date, context: EventContext): void {
        seen.push([context.type, typeof first]);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Both, provider] });
    await shipments.orderPlaced(...order());
    await shipments.packing('ada', 7, new Date());
    await recorder.settled();
    expect(seen).toEqual([
      ['orderPlaced.v1', 'object'],
      ['packing.v1', 'string'],
    ]);
  });

  it('finds inherited handlers, and overrides take their place', async () => {
    const { seen, provider } = seenProvider();
    @Injectable()
    class Override extends Packer {
      override pack(user: User): void {
        this.seen.push(`override ${user.email}`);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Override, provider] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(seen).toEqual(['override ada@example.org']);
  });

  it('finds handlers of what a factory or a value provides, and of classes under another token', async () => {
    const { seen, provider } = seenProvider();
    const providers = [
      { provide: 'factory', inject: [SEEN], useFactory: (list: Seen) => new Packer(list) },
      { provide: 'value', useValue: new Packer(seen) },
      { provide: 'class', useClass: Packer },
    ];
    for (const one of providers) {
      const { app, shipments, recorder } = await startApplication({ providers: [one, provider] });
      await shipments.orderPlaced(...order(`${one.provide}@example.org`));
      await recorder.settled();
      await app.close();
    }
    expect(seen).toEqual(['factory@example.org', 'value@example.org', 'class@example.org']);
  });

  it('binds an alias and a class that two modules provide once', async () => {
    const { seen, provider } = seenProvider();
    @Module({ providers: [Packer, provider, { provide: 'alias', useExisting: Packer }] })
    class First {}
    @Module({ providers: [Packer, provider] })
    class Second {}
    const { shipments, recorder } = await startApplication({ imports: [First, Second] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(seen).toEqual(['ada@example.org']);
  });

  it('sees a method that was wrapped on the instance later', async () => {
    const { seen, provider } = seenProvider();
    const { app, shipments, recorder } = await startApplication({ providers: [Packer, provider] });
    const packer = app.get(Packer);
    packer.pack = () => void seen.push('wrapped');
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(seen).toEqual(['wrapped']);
  });

  it('finds handlers behind a proxy', async () => {
    const { seen, provider } = seenProvider();
    const proxied = {
      provide: 'proxied',
      useFactory: () =>
        new Proxy(new Packer(seen), {
          get: (target, name) => (name === 'proxied' ? true : (Reflect.get(target, name) as unknown)),
        }),
    };
    const { shipments, recorder } = await startApplication({ providers: [proxied, provider] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(seen).toEqual(['ada@example.org']);
  });
});

describe('groups of handlers', () => {
  @Injectable()
  @EventGroup('audit')
  class Audit {
    constructor(@Inject(SEEN) private readonly seen: Seen) {}

    @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
    classGroup(_user: User, _product: Product, _time: Date, { group }: EventContext): void {
      this.seen.push(group);
    }

    @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { group: 'own' })
    ownGroup(_user: User, _product: Product, _time: Date, { group }: EventContext): void {
      this.seen.push(group);
    }

    @EventHandler(
      ShipmentTracking,
      (e) => e.orderPlaced,
      async (ref: ModuleRef) => {
        return Promise.resolve({ group: ref.get<string>('GROUP', { strict: false }) });
      },
    )
    resolvedGroup(_user: User, _product: Product, _time: Date, { group }: EventContext): void {
      this.seen.push(group);
    }
  }

  it('come from the handler, its class or the connection, and from providers; each group gets every event', async () => {
    const { seen, provider } = seenProvider();
    const group = { provide: 'GROUP', useValue: 'resolved' };
    const { backbone, shipments, recorder } = await startApplication({ providers: [Audit, Packer, provider, group] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect([...seen].sort()).toEqual(['ada@example.org', 'audit', 'own', 'resolved']);
    expect(backbone.states().map((state) => [state.group, state.handled])).toEqual(
      expect.arrayContaining([
        ['audit', 1],
        ['own', 1],
        ['resolved', 1],
        ['test', 1],
      ]),
    );
  });
});
