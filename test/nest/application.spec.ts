import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  EventBackboneModule,
  EventHandler,
  InjectProducer,
  getProducerToken,
  type Channel,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { withMemoryChannel } from 'nest-event-backbone/testing';
import { describe, expect, it } from 'vitest';
import { Product, ShipmentTracking, User } from './shipment-tracking.js';

@Injectable()
class TransitService {
  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack(user: User, product: Product): Promise<void> {
    await this.shipments.packing(user.email, product.id, new Date());
  }
}

const CHANNELS = Symbol('channels');

@Module({ providers: [{ provide: CHANNELS, useValue: () => memoryChannel() }], exports: [CHANNELS] })
class ConfigModule {}

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      imports: [ConfigModule],
      inject: [CHANNELS],
      useFactory: (makeChannel: () => Channel) => ({ channel: makeChannel(), group: 'transit' }),
    }),
    EventBackboneModule.forFeature([ShipmentTracking]),
  ],
  providers: [TransitService],
})
class TransitModule {}

const order = [{ email: 'ada@example.org' }, { id: 7 }, new Date(0)] as const;

describe('an application as the README shows it', () => {
  it('hands a produced event to its handler, and that produces the next one', async () => {
    const { builder, recorder } = withMemoryChannel(Test.createTestingModule({ imports: [TransitModule] }));
    const app = await builder.compile();
    await app.init();
    const shipments = app.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking));

    const receipt = await shipments.orderPlaced(...order);
    await recorder.settled();

    expect(recorder.argsOf(ShipmentTracking, 'packing')).toEqual([['ada@example.org', 7, expect.any(Date)]]);
    const [, packing] = recorder.events;
    expect(packing?.metadata).toMatchObject({ causationId: receipt.id, correlationId: receipt.id, source: 'transit' });
    await app.close();
  });
});
