import { Injectable } from '@nestjs/common';
import { EventContext, EventHandler } from 'nest-event-backbone';
import { Customer, Orders } from './orders.js';

@Injectable()
export class PackingService {
  readonly packed: string[] = [];

  /** Given every order: those of version 1 and 2 as version 3. */
  @EventHandler(Orders, (e) => e.orderPlaced)
  pack(order: string, customer: Customer, placedAt: Date, currency: string, { type }: EventContext): void {
    this.packed.push(`${order} of ${customer.name}, ${placedAt.getUTCFullYear()}, ${currency}, stored as ${type}`);
  }
}
