import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { redisChannel } from 'nest-event-backbone/redis';
import { Bank, Exports, Payments, Statements } from './payments.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: redisChannel({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379', partitions: 16 }),
        group: 'bank',
        consumer: { concurrency: 32 },
        groups: { bank: { onFailure: 'park-key' } },
        retention: { maxAgeMs: 30 * 24 * 3_600_000 },
      }),
    }),
    EventBackboneModule.forFeature([Payments]),
  ],
  providers: [Bank, Statements, Exports],
})
export class PaymentsModule {}
