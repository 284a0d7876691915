import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { OrderPlaced } from './orders.service.js';

@Controller()
export class StockController {
  readonly reserved = new Map<string, number>();

  @EventPattern('order.placed')
  reserve(@Payload() { product, quantity }: OrderPlaced): void {
    this.reserved.set(product, (this.reserved.get(product) ?? 0) + quantity);
  }
}
