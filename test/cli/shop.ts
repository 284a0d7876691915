import { IsEmail } from 'class-validator';
import { ContractEvent, EventsContract, Key, Personal } from 'nest-event-backbone';

export class Customer {
  @IsEmail()
  readonly email!: string;
}

@EventsContract('shop')
export class Shop {
  @ContractEvent()
  ordered(
    @Personal({ of: ({ customer }: { customer: Customer }) => customer.email }) customer: Customer,
    @Key() product: string,
    time: Date,
  ) {
    return { customer, product, time };
  }

  @ContractEvent()
  noted(text: string) {
    return { text };
  }
}
