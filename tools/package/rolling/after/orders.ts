import { ContractEvent, EventsContract, Field, Key, upcast } from 'nest-event-backbone';

export class Price {
  @Field({ type: () => Number }) readonly amount!: number;
  @Field({ type: () => String }) readonly currency!: string;
}

/** What is deployed next: another version of the event, which reads the one before, and a new event. */
@EventsContract('orders')
export class Orders {
  @ContractEvent({
    version: 2,
    upcast: [upcast(1, 2, { price: ({ cents }: { cents: number }) => ({ amount: cents / 100, currency: 'EUR' }) })],
  })
  placed(@Key() order: string, price: Price) {
    return { order, price };
  }

  @ContractEvent()
  cancelled(@Key() order: string) {
    return { order };
  }
}
