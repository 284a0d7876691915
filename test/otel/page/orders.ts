import { ContractEvent, EventsContract, Personal } from 'nest-event-backbone';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Personal() customer: string, product: number) {
    return { customer, product };
  }
}
