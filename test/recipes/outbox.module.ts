import { Module } from '@nestjs/common';
import { EventBackboneModule, RelayModule } from 'nest-event-backbone';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel } from 'nest-event-backbone/redis';
import { Orders } from './orders.js';

/** What the outbox is told from outside. */
export interface OutboxOptions {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly table: string;
  readonly environment: string;
}

/** Producers append to PostgreSQL, in the transaction of their data; a relay brings their events to Redis. */
@Module({})
export class OutboxModule {
  static forRoot({ postgresUrl, redisUrl, table, environment }: OutboxOptions) {
    return {
      module: OutboxModule,
      imports: [
        EventBackboneModule.forRoot({
          channel: postgresChannel({ url: postgresUrl, table }),
          environment,
          requires: ['transaction'],
        }),
        EventBackboneModule.forRoot({ name: 'redis', channel: redisChannel({ url: redisUrl }), environment }),
        EventBackboneModule.forFeature([Orders]),
        RelayModule.forRoot({ to: 'redis', contracts: [Orders] }),
      ],
    };
  }
}
