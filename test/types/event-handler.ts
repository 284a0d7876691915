/** What compilers accept and refuse of handlers and producers; checked by the type check, never run. */
import { EventContext, EventHandler, InjectProducer, type Producer } from 'nest-event-backbone';
import type { EventRefs } from 'nest-event-backbone/core';
import { ShipmentTracking, User, type Product } from '../nest/shipment-tracking.js';

class Admin extends User {
  readonly level!: number;
}

abstract class Optional {
  abstract noted(text: string, note?: string): unknown;
  readonly field: string = '';
}

/** Handlers that fit. */
export class Accepted {
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  exact(user: User, product: Product, time: Date, context: EventContext): unknown {
    return [user, product, time, context];
  }

  @EventHandler(ShipmentTracking, 'orderPlaced')
  byName(user: User): string {
    return user.email;
  }

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { group: 'own', retry: { attempts: 1 } })
  none(): void {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced, (ref) => ({ group: ref.get<string>('GROUP') }))
  async wider(user: { email: string }, product: unknown): Promise<unknown> {
    return Promise.resolve([user, product]);
  }

  @EventHandler(Optional, (e) => e.noted)
  optional(text: string, note: string | undefined, context: EventContext): unknown {
    return [text, note, context];
  }

  @EventHandler(ShipmentTracking, (e) => e.packing)
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  several(...args: unknown[]): number {
    return args.length;
  }
}

/** What a selector cannot pick. */
export type NotSelectable = [
  // @ts-expect-error: there is no such event
  EventRefs<ShipmentTracking>['orderPlacd'],
  // @ts-expect-error: not an event but a field
  EventRefs<Optional>['field'],
];

/** Handlers that do not. */
export class Refused {
  // @ts-expect-error: there is no such event
  @EventHandler(ShipmentTracking, 'orderPlacd')
  unknownNamed(): void {}

  // @ts-expect-error: the other way round
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  swapped(product: Product, user: User): unknown {
    return [product, user];
  }

  // @ts-expect-error: the contract promises a User only
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  subclass(user: Admin): unknown {
    return user;
  }

  // @ts-expect-error: nothing follows the context
  @EventHandler(ShipmentTracking, (e) => e.packing)
  more(email: string, productId: number, time: Date, context: EventContext, extra: string): unknown {
    return [email, productId, time, context, extra];
  }

  // @ts-expect-error: the contract lets it be absent
  @EventHandler(Optional, (e) => e.noted)
  required(text: string, note: string): unknown {
    return [text, note];
  }

  // @ts-expect-error: no such option
  @EventHandler(ShipmentTracking, (e) => e.packing, { grup: 'x' })
  option(): void {}
}

/** Producers take what the contract takes. */
export class Producing {
  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  async produce(user: User, product: Product): Promise<string> {
    await this.shipments.orderPlaced(user, product, new Date());
    // @ts-expect-error: an argument is missing
    await this.shipments.orderPlaced(user, product);
    // @ts-expect-error: a wrong argument
    await this.shipments.packing(1, 2, new Date());
    const { id } = await this.shipments.$with({ key: 'k' }).packing('ada', 1, new Date());
    await this.shipments.$batch((batch) => batch.packing('ada', 1, new Date()));
    return id;
  }
}
