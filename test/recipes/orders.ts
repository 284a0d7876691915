import { ContractEvent, EventsContract, Key } from 'nest-event-backbone';

/** The contract of the recipes. */
@EventsContract('recipe-orders')
export class Orders {
  @ContractEvent()
  packed(@Key() order: string, parcels: number) {
    return { order, parcels };
  }
}
