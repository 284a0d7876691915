import { Module } from '@nestjs/common';
import { EventBackboneModule, SchemaModule } from 'nest-event-backbone';
import { redisChannel } from 'nest-event-backbone/redis';
import { Orders } from './orders.js';
import { PackingService } from './packing.service.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: redisChannel({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379' }),
        group: 'packing',
      }),
    }),
    SchemaModule.forRoot({ contracts: [Orders], onMismatch: 'refuse' }),
  ],
  providers: [PackingService],
})
export class PackingModule {}
