import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { EventBackboneDashboardModule } from 'nest-event-backbone/dashboard';
import { tracing } from 'nest-event-backbone/otel';
import { AppSettings } from '#app-kit';
import { ShipmentTracking } from '#contracts';
import { ReporterController } from './reporter.controller.js';
import { ReporterService } from './reporter.service.js';
import { ShipmentBoard } from './shipment-board.js';
import { ShipmentHistory } from './shipment-history.js';

/** Watches shipments: a group of its own sees every event, whatever transit does with it. */
@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      inject: [AppSettings],
      // The service starts reading itself, when its group stands at the beginning.
      useFactory: ({ channel, environment, privacy }: AppSettings) => ({
        channel,
        environment,
        group: 'reporter',
        // What follows from an order is one trace, over all services.
        middleware: [tracing({ parent: 'parent' })],
        autoStart: false,
        privacy,
      }),
    }),
    EventBackboneModule.forFeature([ShipmentTracking]),
    // The demo has nobody to keep out. Personal arguments are hidden all the same.
    EventBackboneDashboardModule.forRoot({ path: 'streams', actions: true, guard: { canActivate: () => true } }),
  ],
  controllers: [ReporterController],
  providers: [ReporterService, ShipmentBoard, ShipmentHistory],
})
export class ReporterModule {}
