import { ContractEvent, EventsContract, Field, Key, Personal, Stored, type Erased } from 'nest-event-backbone';

export class Customer {
  email!: string;
  name!: string;
}

export class Address {
  customer!: string;
  street!: string;
  country!: string;
}

@EventsContract('sales')
export class Sales {
  @ContractEvent()
  ordered(
    @Field({ type: () => Customer })
    @Key({ of: ({ email }: Customer) => email, hashed: true })
    @Personal({ of: ({ customer }: { customer: Customer }) => customer.email, erasable: true })
    customer: Customer | Erased,
    product: string,
  ) {
    return { customer, product };
  }

  @ContractEvent()
  delivered(
    @Field({
      segments: {
        split: ({ country, ...contact }: Address) => ({ public: { country }, contact }),
        join: (parts) => ({ customer: '', street: '', country: '', ...parts.public, ...parts.contact }),
        personal: ['contact'],
      },
    })
    @Personal({ of: ({ address }: { address: Address }) => address.customer })
    address: Address,
  ) {
    return { address };
  }

  @ContractEvent()
  offered(@Personal() request: string, @Stored({ encrypted: true }) price: number) {
    return { request, price };
  }
}
