import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { Orders } from './orders.js';
import { OrdersService } from './orders.service.js';
import { StockService } from './stock.service.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: kafkaChannel({ brokers: ['localhost:9092'], payloads: 'record' }),
        environment: 'prod',
        group: 'stock',
      }),
    }),
    EventBackboneModule.forFeature([Orders]),
  ],
  providers: [OrdersService, StockService],
})
export class ShopModule {}
