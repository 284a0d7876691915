import { Module } from '@nestjs/common';
import { BridgeModule, EventBackboneModule } from 'nest-event-backbone';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { redisChannel } from 'nest-event-backbone/redis';
import { MoveOrders } from './move-orders.js';
import { OrderEvents, Orders } from './order-events.js';

const { REDIS_URL = 'redis://localhost', KAFKA_BROKERS = 'localhost:9092' } = process.env;

@Module({
  imports: [
    EventBackboneModule.forRoot({ name: 'redis', channel: redisChannel({ url: REDIS_URL }), environment: 'prod' }),
    EventBackboneModule.forRoot({
      name: 'kafka',
      channel: kafkaChannel({ brokers: KAFKA_BROKERS.split(','), payloads: 'record' }),
      environment: 'prod',
    }),
    EventBackboneModule.forFeature([Orders], 'redis'),
    EventBackboneModule.forFeature([Orders], 'kafka'),
    BridgeModule.forRoot({
      from: { connection: 'redis', server: 'redis' },
      to: { connection: 'kafka', server: 'kafka' },
      contracts: [Orders],
    }),
  ],
  providers: [OrderEvents, MoveOrders],
})
export class MovingModule {}
