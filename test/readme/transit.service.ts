import { Injectable, Logger } from '@nestjs/common';
import { EventContext, EventHandler, InjectProducer, type Producer } from 'nest-event-backbone';
import { Product, ShipmentTracking, User } from './shipment-tracking.js';

@Injectable()
export class TransitService {
  private readonly logger = new Logger('Transit');

  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack(user: User, product: Product): Promise<void> {
    await this.shipments.packing(user.email, product.id, new Date());
  }

  @EventHandler(ShipmentTracking, (e) => e.packing)
  packed(_email: string, productId: number, time: Date, event: EventContext): void {
    this.logger.log(`product ${productId} of shipment ${event.key} packed at ${time.toISOString()}`);
  }
}
