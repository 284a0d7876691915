import { ContractEvent, Erased, EventsContract, Field, Key, Personal, upcast } from 'nest-event-backbone';

/** What was deployed first. */
@EventsContract('orders')
export class OldOrders {
  @ContractEvent()
  placed(
    @Key() order: string,
    @Personal({ of: ({ email }: { email: string }) => email }) email: string,
    cents: number,
  ) {
    return { order, email, cents };
  }
}

/** The same, before anybody thought of personal data. */
@EventsContract('orders')
export class PlainOrders {
  @ContractEvent()
  placed(@Key() order: string, email: string, cents: number) {
    return { order, email, cents };
  }
}

export class Price {
  @Field({ type: () => Number }) readonly amount!: number;
  @Field({ type: () => String }) readonly currency!: string;
}

export class Customer {
  @Field({ type: () => String }) readonly email!: string;
}

/** What is deployed now: it reads both. */
@EventsContract('orders')
export class Orders {
  @ContractEvent({
    version: 2,
    upcast: [
      upcast(1, 2, {
        customer: ({ email }: { email: string }) => ({ email }),
        price({ cents }: { cents: number }) {
          if (cents < 0) throw new Error(`less than nothing: ${cents}`);
          return { amount: cents / 100, currency: 'EUR' };
        },
      }),
    ],
  })
  placed(
    @Key() order: string,
    @Personal({ of: ({ customer }: { customer: Customer }) => customer.email }) customer: Customer,
    price: Price,
  ) {
    return { order, customer, price };
  }
}

/** What may be deployed in between: both versions have a method each. */
@EventsContract('orders')
export class BothOrders {
  @ContractEvent({ name: 'placed', version: 1, deprecated: 'produce' })
  placedV1(@Key() order: string, @Personal() email: string, cents: number) {
    return { order, email, cents };
  }

  @ContractEvent({
    version: 2,
    upcast: [
      upcast(1, 2, {
        customer: ({ email }: ReturnType<BothOrders['placedV1']>) => ({ email }),
        price: ({ cents }: ReturnType<BothOrders['placedV1']>) => ({ amount: cents / 100, currency: 'EUR' }),
      }),
    ],
  })
  placed(
    @Key() order: string,
    @Personal({ of: () => 'ada', erasable: true }) @Field({ type: () => Customer }) customer: Customer | Erased,
    price: Price,
  ) {
    return { order, customer, price };
  }
}
