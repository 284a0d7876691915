import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { CustomerDataController, Newsletter, SearchIndex } from './customer-care.js';
import { Sales } from './sales.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: redisChannel({ url: secret('REDIS_URL') }),
        group: 'sales',
        privacy: {
          secret: secret('PRIVACY_SECRET'),
          keys: {
            store: redisPayloadStore({ url: secret('KEYS_REDIS_URL'), prefix: 'keys' }),
            wrapping: { current: '2026', keys: { '2026': secret('WRAPPING_KEY_2026') } },
          },
        },
      }),
    }),
    EventBackboneModule.forFeature([Sales]),
  ],
  controllers: [CustomerDataController],
  providers: [Newsletter, SearchIndex],
})
export class SalesModule {}

function secret(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
