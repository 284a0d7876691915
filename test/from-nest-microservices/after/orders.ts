import { ContractEvent, EventsContract, Key } from 'nest-event-backbone';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, product: string, quantity: number, time: Date) {
    return { order, product, quantity, time };
  }
}
