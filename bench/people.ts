import { ContractEvent, EventsContract, Personal, Stored } from 'nest-event-backbone';

/** What people write is theirs. */
@EventsContract('bench-people')
export class People {
  @ContractEvent()
  wrote(person: string, @Personal({ of: ({ person }: { person: string }) => person }) text: string) {
    return { person, text };
  }
}

/** The arguments of the n-th letter, by one of 100 people. */
export function letterArguments(n: number, length: number): [string, string] {
  return [`person-${n % 100}`, 't'.repeat(length)];
}

/** A heavy argument is kept in a payload store, outside the stream. */
@EventsContract('bench-documents')
export class Documents {
  @ContractEvent()
  uploaded(title: string, @Stored({ in: 'documents' }) document: string) {
    return { title, document };
  }

  @ContractEvent()
  reviewed(title: string) {
    return { title };
  }
}

/** How large a document is. */
export const DOCUMENT_BYTES = 10 * 1024;
