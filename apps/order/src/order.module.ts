import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { EventBackboneModule } from 'nest-event-backbone';
import { tracing } from 'nest-event-backbone/otel';
import { AppSettings } from '#app-kit';
import { ShipmentTracking } from '#contracts';
import { OrderController } from './order.controller.js';
import { NotStoredFilter } from './not-stored.filter.js';
import { PeopleController } from './people.controller.js';

/** Takes orders over HTTP and produces events, and forgets people who ask for it; it handles no event. */
@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      inject: [AppSettings],
      useFactory: ({ channel, environment, name, privacy }: AppSettings) => ({
        channel,
        environment,
        source: name,
        // What follows from an order is one trace, over all services.
        middleware: [tracing({ parent: 'parent' })],
        privacy,
      }),
    }),
    EventBackboneModule.forFeature([ShipmentTracking]),
  ],
  controllers: [OrderController, PeopleController],
  providers: [
    { provide: APP_PIPE, useFactory: () => new ValidationPipe({ whitelist: true, transform: true }) },
    { provide: APP_FILTER, useClass: NotStoredFilter },
  ],
})
export class OrderModule {}
