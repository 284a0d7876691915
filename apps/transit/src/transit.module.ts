import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { AppSettings } from '#app-kit';
import { ShipmentTracking } from '#contracts';
import { TransitService } from './transit.service.js';

/** Moves shipments on: it handles events and produces the next ones. */
@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      inject: [AppSettings],
      useFactory: ({ channel, environment, privacy }: AppSettings) => ({
        channel,
        environment,
        group: 'transit',
        privacy,
      }),
    }),
    EventBackboneModule.forFeature([ShipmentTracking]),
  ],
  providers: [TransitService],
})
export class TransitModule {}
