/** What the compiler must accept and refuse of upcasters. Nothing here runs. */
import { ContractEvent, EventsContract, Field, Personal, upcast, type Erased } from 'nest-event-backbone';

class Address {
  @Field({ type: () => String }) readonly street!: string;

  line(): string {
    return this.street;
  }
}

enum Colour {
  red = 'red',
}

@EventsContract('orders')
export class Orders {
  @ContractEvent({ name: 'placed', version: 1 })
  placedV1(name: string, time: Date, address: Address) {
    return { name, time, address };
  }

  @ContractEvent({
    version: 3,
    upcast: [
      // The types of a version that is a method are the contract's.
      upcast(1, 2, { year: ({ time }: ReturnType<Orders['placedV1']>) => time.getFullYear() }),
      // What leads to a version in between is the application's own word.
      upcast(2, 3, {
        time: () => '2020-01-01T00:00:00Z',
        addresses: ({ address }: { address: { street: string } }) => [{ street: address.street }],
        colour: () => Colour.red,
      }),
    ],
  })
  placed(
    time: Date,
    @Field({ type: () => [Address] }) addresses: Address[],
    colour: Colour,
    @Personal({ of: () => 'ada', erasable: true }) @Field({ type: () => String }) note: string | Erased,
  ) {
    return { time, addresses, colour, note };
  }

  // @ts-expect-error it gives a text, and the event takes a number
  @ContractEvent({ name: 'packed', version: 2, upcast: [upcast(1, 2, { count: () => 'one' })] })
  packed(count: number) {
    return { count };
  }

  // @ts-expect-error the event has no such argument
  @ContractEvent({ name: 'sent', version: 2, upcast: [upcast(1, 2, { cuont: () => 1 })] })
  sent(count: number) {
    return { count };
  }

  // @ts-expect-error the plain data lacks the street
  @ContractEvent({ name: 'moved', version: 2, upcast: [upcast(1, 2, { address: () => ({}) })] })
  moved(address: Address) {
    return { address };
  }

  @ContractEvent({
    name: 'lost',
    version: 2,
    // @ts-expect-error what the older version was must be said
    upcast: [upcast(1, 2, { count: (old) => (old.count === 1 ? 1 : 2) })],
  })
  lost(count: number) {
    return { count };
  }

  // @ts-expect-error there is no such side
  @ContractEvent({ deprecated: 'read' })
  seen(count: number) {
    return { count };
  }
}
