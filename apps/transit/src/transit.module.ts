import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { tracing } from 'nest-event-backbone/otel';
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
        // What follows from an order is one trace, over all services.
        middleware: [tracing({ parent: 'parent' })],
        privacy,
      }),
    }),
    EventBackboneModule.forFeature([ShipmentTracking]),
  ],
  providers: [TransitService],
})
export class TransitModule {}
