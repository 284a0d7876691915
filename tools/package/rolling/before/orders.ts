import { ContractEvent, EventsContract, Key } from 'nest-event-backbone';

/** What is deployed now. */
@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, cents: number) {
    return { order, cents };
  }
}
