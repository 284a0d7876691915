import { Module } from '@nestjs/common';
import { AsyncApiModule, EventBackboneModule } from 'nest-event-backbone';
import { redisChannel } from 'nest-event-backbone/redis';
import { Orders } from './orders.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({ channel: redisChannel({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379' }) }),
    }),
    EventBackboneModule.forFeature([Orders]),
    AsyncApiModule.forRoot({ path: 'docs/events', info: { title: 'Orders', version: '1.0.0' } }),
  ],
})
export class OrdersModule {}
