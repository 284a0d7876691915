import { Injectable } from '@nestjs/common';
import { InjectProducer, type Producer, type Receipt } from 'nest-event-backbone';
import { ShipmentTracking, type Product, type User } from './shipment-tracking.js';

@Injectable()
export class OrderService {
  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  place(user: User, product: Product): Promise<Receipt> {
    return this.shipments.orderPlaced(user, product, new Date());
  }
}
