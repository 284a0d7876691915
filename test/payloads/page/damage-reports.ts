import { ContractEvent, EventsContract, Personal, Stored } from 'nest-event-backbone';

@EventsContract('damage-reports')
export class DamageReports {
  @ContractEvent()
  reported(@Personal() name: string, parcel: string, @Stored({ in: 'files' }) photo: Uint8Array) {
    return { name, parcel, photo };
  }
}
