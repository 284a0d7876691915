import { Module } from '@nestjs/common';
import { ClientsModule, Transport } from '@nestjs/microservices';
import { OrdersService } from './orders.service.js';
import { StockController } from './stock.controller.js';

@Module({
  imports: [
    ClientsModule.register([
      {
        name: 'KAFKA',
        transport: Transport.KAFKA,
        options: { client: { brokers: ['localhost:9092'] }, producerOnlyMode: true },
      },
    ]),
  ],
  controllers: [StockController],
  providers: [OrdersService],
})
export class ShopModule {}
