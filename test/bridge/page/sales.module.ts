import { Module } from '@nestjs/common';
import { BridgeModule, EventBackboneModule } from 'nest-event-backbone';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel } from 'nest-event-backbone/redis';
import { Orders, Sales, WholesaleOrders } from './orders.js';

const { POSTGRES_URL = 'postgres://localhost', REDIS_URL = 'redis://localhost' } = process.env;
const { KAFKA_BROKERS = 'localhost:9092' } = process.env;
const from = { server: 'sales-db' };

@Module({
  imports: [
    EventBackboneModule.forRoot({ channel: postgresChannel({ url: POSTGRES_URL }), environment: 'prod' }),
    EventBackboneModule.forRoot({ name: 'redis', channel: redisChannel({ url: REDIS_URL }), environment: 'prod' }),
    EventBackboneModule.forRoot({
      name: 'kafka',
      channel: kafkaChannel({ brokers: KAFKA_BROKERS.split(','), payloads: 'record' }),
      environment: 'prod',
    }),
    EventBackboneModule.forFeature([Orders, WholesaleOrders]),
    EventBackboneModule.forFeature([Orders], { environment: 'trial' }),
    BridgeModule.forRoot(
      { from, to: { connection: 'redis', server: 'redis-eu' }, contracts: [Orders] },
      { from, to: { connection: 'kafka', server: 'kafka' }, contracts: [Orders, WholesaleOrders] },
      {
        from,
        to: { server: 'sales-db', environment: 'staging' },
        contracts: [Orders],
        types: ['placed.v1'],
        where: ({ fields }) => fields['amount'] !== '0',
        group: 'copy-to-staging',
        identity: 'renew',
      },
    ),
  ],
  providers: [Sales],
})
export class SalesModule {}
