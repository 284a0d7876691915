import { Injectable } from '@nestjs/common';
import { InjectProducer, type Producer } from 'nest-event-backbone';
import { Orders } from './orders.js';

@Injectable()
export class OrdersService {
  constructor(@InjectProducer(Orders) private readonly orders: Producer<Orders>) {}

  async place(order: string, product: string, quantity: number): Promise<void> {
    await this.orders.placed(order, product, quantity, new Date());
  }
}
