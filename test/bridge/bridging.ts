import { ContractEvent, EventsContract, Key, Personal } from 'nest-event-backbone';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, amount: number) {
    return { order, amount };
  }
}

/** Others write into the same stream. */
@EventsContract('orders')
export class Returns {
  @ContractEvent()
  returned(@Key() order: string) {
    return { order };
  }
}

/** The same events in a stream of their own. */
@EventsContract('wholesale-orders')
export class WholesaleOrders extends Orders {}

@EventsContract('guests')
export class Guests {
  @ContractEvent()
  came(@Personal() name: string) {
    return { name };
  }
}
