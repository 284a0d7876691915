/**
 * An application as users write it. It compiles, and the strictest type-aware lint rules have nothing to say about it:
 * selectors refer to events and not to unbound methods, and every parameter of a contract is used.
 */
import { Injectable } from '@nestjs/common';
import {
  ContractEvent,
  EventHandler,
  EventsContract,
  Field,
  InjectProducer,
  isBackboneError,
  Key,
  Personal,
  type EventContext,
  type Producer,
  type Receipt,
} from 'nest-event-backbone';

export class User {
  constructor(
    readonly id: string,
    readonly email: string,
  ) {}
}

export class Product {
  constructor(readonly id: number) {}
}

@EventsContract('shipment-tracking')
export class ShipmentTracking {
  @ContractEvent()
  orderPlaced(@Personal() @Key((user: User) => user.id) user: User, product: Product, time: Date) {
    return { user, product, time };
  }

  @ContractEvent()
  packing(@Personal() email: string, productId: number, @Field({ type: () => [Date] }) times: readonly Date[]) {
    return { email, productId, times };
  }
}

@Injectable()
export class TransitService {
  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack(user: User, product: Product): Promise<void> {
    await this.shipments.packing(user.email, product.id, [new Date()]);
  }

  @EventHandler(ShipmentTracking, 'packing', { group: 'audit' })
  async audit(email: string, productId: number, times: readonly Date[], event: EventContext): Promise<void> {
    await this.shipments.$with({ key: event.key, headers: { audited: 'yes' } }).$batch((batch) => {
      for (const time of times) batch.orderPlaced(new User(event.id, email), new Product(productId), time);
    });
  }
}

/** Tells whether an event was stored; `false` means: later. */
export async function stored(append: () => Promise<Receipt>): Promise<boolean> {
  try {
    await append();
    return true;
  } catch (error) {
    if (isBackboneError(error, 'EB_BACKPRESSURE')) return false;
    throw error;
  }
}
