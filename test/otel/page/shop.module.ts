import { Injectable, Module } from '@nestjs/common';
import { EventBackboneModule, EventHandler } from 'nest-event-backbone';
import { tracing } from 'nest-event-backbone/otel';
import { PrometheusModule } from 'nest-event-backbone/prometheus';
import { redisChannel } from 'nest-event-backbone/redis';
import { Orders } from './orders.js';

@Injectable()
export class Shipping {
  @EventHandler(Orders, (e) => e.placed)
  pack(): void {}
}

@Module({
  imports: [
    EventBackboneModule.forRoot({
      channel: redisChannel({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379' }),
      group: 'shop',
      middleware: [tracing()],
    }),
    PrometheusModule.forRoot(),
  ],
  providers: [Shipping],
})
export class ShopModule {}
