import { Inject, Injectable } from '@nestjs/common';
import type { ClientKafkaProxy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

export interface OrderPlaced {
  readonly order: string;
  readonly product: string;
  readonly quantity: number;
  readonly time: Date;
}

@Injectable()
export class OrdersService {
  constructor(@Inject('KAFKA') private readonly kafka: ClientKafkaProxy) {}

  async place(order: string, product: string, quantity: number): Promise<void> {
    const value: OrderPlaced = { order, product, quantity, time: new Date() };
    await lastValueFrom(this.kafka.emit('order.placed', { key: order, value }));
  }
}
