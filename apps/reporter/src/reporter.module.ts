import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { AppSettings } from '#app-kit';
import { ReporterController } from './reporter.controller.js';
import { ReporterService } from './reporter.service.js';
import { ShipmentBoard } from './shipment-board.js';

/** Watches shipments: a group of its own sees every event, whatever transit does with it. */
@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      inject: [AppSettings],
      useFactory: ({ channel, environment }: AppSettings) => ({ channel, environment, group: 'reporter' }),
    }),
  ],
  controllers: [ReporterController],
  providers: [ReporterService, ShipmentBoard],
})
export class ReporterModule {}
