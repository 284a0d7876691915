import { ContractEvent, Erased, EventsContract, Field, Personal } from 'nest-event-backbone';
import { Product } from './product.js';
import { customerOf, User } from './user.js';

const ofUser = ({ user }: { user: User }): string => customerOf(user.email);
const ofEmail = ({ email }: { email: string }): string => customerOf(email);

/**
 * What happens to a shipment, from the order to the customer's door. The customer is the data subject of all of it, and
 * may ask to be forgotten: handlers are then given `Erased`.
 */
@EventsContract('shipment-tracking')
export class ShipmentTracking {
  @ContractEvent()
  orderPlaced(
    @Personal({ of: ofUser, erasable: true }) @Field({ type: () => User }) user: User | Erased,
    product: Product,
    time: Date,
  ) {
    return { user, product, time };
  }

  @ContractEvent()
  packing(
    @Personal({ of: ofEmail, erasable: true }) @Field({ type: () => String }) email: string | Erased,
    productId: number,
    time: Date,
  ) {
    return { email, productId, time };
  }

  @ContractEvent()
  onDelivery(
    @Personal({ of: ofEmail, erasable: true }) @Field({ type: () => String }) email: string | Erased,
    productId: number,
    time: Date,
  ) {
    return { email, productId, time };
  }

  @ContractEvent()
  onReceived(
    @Personal({ of: ofEmail, erasable: true }) @Field({ type: () => String }) email: string | Erased,
    productId: number,
    time: Date,
  ) {
    return { email, productId, time };
  }
}
