import { ContractEvent, EventsContract, Field, Key, Personal, upcast } from 'nest-event-backbone';

export class Customer {
  @Field({ type: () => String }) readonly name!: string;
  @Field({ type: () => String }) readonly email!: string;
}

/** Version 1 as it was stored: nothing else is left of it. */
interface PlacedV1 {
  readonly name: string;
  readonly email: string;
}

@EventsContract('orders')
export class Orders {
  @ContractEvent({ name: 'orderPlaced', version: 2, deprecated: 'produce' })
  orderPlacedV2(@Key() order: string, @Personal() customer: Customer, time: Date) {
    return { order, customer, time };
  }

  @ContractEvent({
    version: 3,
    upcast: [
      upcast(1, 2, { customer: ({ name, email }: PlacedV1) => ({ name, email }) }),
      upcast(2, 3, {
        placedAt: ({ time }: ReturnType<Orders['orderPlacedV2']>) => time,
        currency: () => 'EUR',
      }),
    ],
  })
  orderPlaced(@Key() order: string, @Personal() customer: Customer, placedAt: Date, currency: string) {
    return { order, customer, placedAt, currency };
  }
}
