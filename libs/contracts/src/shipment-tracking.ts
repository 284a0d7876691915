import { ContractEvent, EventsContract, Personal } from 'nest-event-backbone';
import { Product } from './product.js';
import { User } from './user.js';

/** What happens to a shipment, from the order to the customer's door. */
@EventsContract('shipment-tracking')
export class ShipmentTracking {
  @ContractEvent()
  orderPlaced(@Personal() user: User, product: Product, time: Date) {
    return { user, product, time };
  }

  @ContractEvent()
  packing(@Personal() email: string, productId: number, time: Date) {
    return { email, productId, time };
  }

  @ContractEvent()
  onDelivery(@Personal() email: string, productId: number, time: Date) {
    return { email, productId, time };
  }

  @ContractEvent()
  onReceived(@Personal() email: string, productId: number, time: Date) {
    return { email, productId, time };
  }
}
