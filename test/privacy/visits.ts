import { ContractEvent, Erased, EventsContract, Field, Personal } from 'nest-event-backbone';

/** A person. */
export class Visitor {
  readonly email!: string;
  readonly name!: string;
}

/** The contract that these tests share. */
@EventsContract('visits')
export class Visits {
  @ContractEvent()
  came(
    @Field({ type: () => Visitor })
    @Personal({ of: ({ visitor }: { visitor: Visitor }) => visitor.email, erasable: true })
    visitor: Visitor | Erased,
    door: number,
  ) {
    return { visitor, door };
  }

  @ContractEvent()
  wrote(
    @Personal({ of: ({ email }: { email: string }) => email }) text: string,
    @Personal({ of: ({ email }: { email: string }) => email }) email: string,
  ) {
    return { text, email };
  }

  @ContractEvent()
  remarked(@Personal() remark: string, door: number) {
    return { remark, door };
  }
}
