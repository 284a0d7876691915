import { Injectable } from '@nestjs/common';
import { EventHandler } from 'nest-event-backbone';
import { Orders } from './orders.js';

@Injectable()
export class StockService {
  readonly reserved = new Map<string, number>();

  @EventHandler(Orders, (e) => e.placed)
  reserve(_order: string, product: string, quantity: number): void {
    this.reserved.set(product, (this.reserved.get(product) ?? 0) + quantity);
  }
}
