import { ContractEvent, EventsContract, Key, Personal } from 'nest-event-backbone';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(
    @Personal({ of: ({ customer }: { customer: string }) => customer }) customer: string,
    @Key() order: string,
    time: Date,
  ) {
    return { customer, order, time };
  }

  @ContractEvent()
  shipped(@Key() order: string, carrier: string) {
    return { order, carrier };
  }
}
