import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { redisChannel } from 'nest-event-backbone/redis';
import { OrderService } from './order.service.js';
import { ShipmentTracking } from './shipment-tracking.js';
import { TransitService } from './transit.service.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: redisChannel({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379' }),
        group: 'transit',
      }),
    }),
    EventBackboneModule.forFeature([ShipmentTracking]),
  ],
  providers: [OrderService, TransitService],
})
export class AppModule {}
