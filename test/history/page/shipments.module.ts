import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { ShipmentHistory, Shipments } from './shipments.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: postgresChannel({ url: process.env['DATABASE_URL'] ?? 'postgres://localhost/shop' }),
      }),
    }),
    EventBackboneModule.forFeature([Shipments]),
  ],
  providers: [ShipmentHistory],
  exports: [ShipmentHistory],
})
export class ShipmentsModule {}
