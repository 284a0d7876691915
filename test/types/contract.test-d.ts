/** What the compiler must accept and refuse of contracts and their decorators. Nothing here runs. */
import {
  ContractEvent,
  EventsContract,
  Field,
  InjectProducer,
  Key,
  Personal,
  type Producer,
} from 'nest-event-backbone';

class Address {
  constructor(readonly street: string) {}
}

class User {
  @Field({ type: () => [Address] }) declare readonly former: readonly Address[];
  // @ts-expect-error a type is given by a function, for the class may not exist yet
  @Field({ type: Address }) declare readonly address: Address;

  constructor(readonly id: string) {}
}

@EventsContract('orders')
export class Orders {
  @ContractEvent({ name: 'orderPlaced', version: 2 })
  placed(
    @Personal() @Key((user: User) => user.id) user: User,
    @Field('tags') @Field({ type: () => [String] }) list: string[],
  ) {
    return { user, list };
  }

  // @ts-expect-error a version is a number
  @ContractEvent({ version: '2' })
  wrongVersion(user: User) {
    return { user };
  }

  @ContractEvent()
  // @ts-expect-error a key is text or a number, not an object
  wrongKey(@Key((user: User) => user) user: User) {
    return { user };
  }

  // @ts-expect-error a property is no event
  @ContractEvent()
  property = 1;
}

// @ts-expect-error a name is text
EventsContract(7);

export class Service {
  constructor(@InjectProducer(Orders) private readonly orders: Producer<Orders>) {}

  async run(user: User): Promise<void> {
    await this.orders.placed(user, []);
  }
}
