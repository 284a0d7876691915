import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  EventBackboneModule,
  EventHandler,
  getProducerToken,
  InjectProducer,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { EventBackboneTestingModule, EventRecorder, withMemoryChannel } from 'nest-event-backbone/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Product, ShipmentTracking, User } from './shipment-tracking.js';
import { order, quietLogger, startApplication } from './start-application.js';

describe('testing tools', () => {
  it('EventRecorder tells what was appended, with the arguments as given, and waits for the handlers', async () => {
    @Injectable()
    class Chain {
      constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      async pack(user: User, product: Product): Promise<void> {
        await this.shipments.packing(user.email, product.id, new Date(1));
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Chain] });
    const { id } = await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(recorder.events).toMatchObject([
      { contract: 'shipment-tracking', type: 'orderPlaced.v1', name: 'orderPlaced', args: order(), metadata: { id } },
      { name: 'packing', args: ['ada@example.org', 7, new Date(1)], metadata: { causationId: id } },
    ]);
    recorder.clear();
    expect(recorder.events).toEqual([]);
  });

  it('EventRecorder tells once of an event that a second try of its handler produced again', async () => {
    @Injectable()
    class Twice {
      constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      async pack(user: User, _product: Product, _time: Date, { attempt }: { attempt: number }): Promise<void> {
        await this.shipments.packing(user.email, 1, new Date(1));
        if (attempt === 1) throw new Error('after the first packing');
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Twice] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(recorder.argsOf(ShipmentTracking, 'packing')).toHaveLength(1);
  });

  it('withMemoryChannel keeps the builder, so that other providers can be overridden, and makes retries instant', async () => {
    let tries = 0;
    @Injectable()
    class Failing {
      constructor(@Inject('SUFFIX') readonly suffix: string) {}

      @EventHandler(ShipmentTracking, (e) => e.packing, { retry: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } })
      handle(): void {
        tries += 1;
        throw new Error(this.suffix);
      }
    }
    const unreachable = new Proxy(memoryChannel(), {
      get: (target, name) => {
        if (name === 'supports') return target.supports;
        if (name === 'publish') return () => Promise.reject(new Error('the real server was asked'));
        return undefined;
      },
    });
    @Module({
      imports: [
        EventBackboneModule.forRoot({ channel: unreachable, group: 'g', requires: ['dedupe'] }),
        EventBackboneModule.forFeature([ShipmentTracking]),
      ],
      providers: [Failing, { provide: 'SUFFIX', useValue: 'real' }],
    })
    class AppModule {}

    const { builder, channel, recorder } = withMemoryChannel(Test.createTestingModule({ imports: [AppModule] }));
    const app = await builder
      .overrideProvider('SUFFIX')
      .useValue('overridden')
      .setLogger(quietLogger().logger)
      .compile();
    onTestFinished(() => app.close());
    await app.init();
    await app.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking)).packing('ada', 1, new Date());
    await recorder.settled();
    expect(tries).toBe(4);
    const stream = { environment: 'default', contract: 'shipment-tracking' };
    expect(await channel.admin.deadLetters.list(stream, 'g')).toMatchObject([{ error: 'Error: overridden' }]);
  });

  it('EventBackboneTestingModule needs no options', async () => {
    const app = await Test.createTestingModule({ imports: [EventBackboneTestingModule.forRoot()] }).compile();
    onTestFinished(() => app.close());
    await app.init();
    expect(app.get(EventRecorder).events).toEqual([]);
  });
});
