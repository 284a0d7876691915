import { ContractEvent, EventsContract } from 'nest-event-backbone';

/** The contract of these tests. */
@EventsContract('accounts')
export class Accounts {
  @ContractEvent()
  paid(account: string, amount: number) {
    return { account, amount };
  }
}
