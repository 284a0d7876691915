/** What the compiler must accept and refuse of personal data in contracts, producers and handlers. Nothing here runs. */
import {
  ContractEvent,
  ERASED,
  Erased,
  EventBatchHandler,
  EventHandler,
  EventsContract,
  Field,
  Key,
  Personal,
  Project,
  Stored,
  type BatchItem,
  type Erasure,
  type EventBatch,
  type EventContext,
  type ProjectedEvent,
  type Producer,
} from 'nest-event-backbone';
import { defineProjection, type MemoryTransaction } from 'nest-event-backbone/projections';

class User {
  constructor(
    readonly id: string,
    readonly email: string,
  ) {}
}

@Stored({ in: 'bucket', ttlMs: 1_000 })
@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(
    @Personal({ of: ({ user }: { user: User }) => user.email })
    @Key({ of: (user: User) => user.id, hashed: true })
    user: User,
    @Personal<{ user: User; note: string }>({ of: ({ user }) => user.id }) note: string,
    @Personal() @Stored({ in: ['cache', 'bucket'], aboveBytes: 10, encrypted: true }) comment: string,
  ) {
    return { user, note, comment };
  }

  @ContractEvent()
  rated(
    @Personal({ of: ({ user }: { user: User }) => user.email, erasable: true })
    @Field({ type: () => User })
    user: User | Erased,
    stars: number,
  ) {
    return { user, stars };
  }

  @ContractEvent()
  moved(
    @Personal()
    @Field({
      segments: {
        split: (user: User) => ({ public: { id: user.id }, contact: { email: user.email } }),
        join: ({ public: known, contact }) => new User(known?.id ?? '', contact?.email ?? ''),
        personal: ['contact'],
      },
    })
    user: User,
  ) {
    return { user };
  }

  @ContractEvent()
  named(@Personal({ of: ({ user }: { user: User }) => user.email }) @Field('user') user: User): void {
    JSON.stringify(user);
  }
}

export class WrongContract {
  @ContractEvent()
  // @ts-expect-error the event returns no such argument
  misspelt(@Personal({ of: ({ usr }: { usr: User }) => usr.email }) user: User) {
    return { user };
  }

  @ContractEvent()
  // @ts-expect-error the argument is of another type
  otherType(@Personal({ of: ({ user }: { user: User }) => user.email }) user: string) {
    return { user };
  }

  @ContractEvent()
  // @ts-expect-error a data subject is text or a number
  noText(@Personal({ of: ({ user }: { user: User }) => user }) user: User) {
    return { user };
  }

  @ContractEvent()
  // @ts-expect-error what is erasable must be declared so, for handlers must know
  notErased(@Personal({ erasable: true }) user: User) {
    return { user };
  }

  @ContractEvent()
  // @ts-expect-error a key is text or a number, hashed or not
  wrongKey(@Key({ of: (user: User) => user, hashed: true }) user: User) {
    return { user };
  }

  @ContractEvent()
  // @ts-expect-error a store has a name
  wrongStore(@Stored({ in: 7 }) user: User) {
    return { user };
  }

  @ContractEvent()
  wrongSegments(
    @Field({
      segments: {
        split: (user: User) => ({ contact: { email: user.email } }),
        join: ({ contact }) => new User('', contact?.email ?? ''),
        // @ts-expect-error there is no such segment
        personal: ['contct'],
      },
    })
    user: User,
  ) {
    return { user };
  }

  @ContractEvent()
  unsafeJoin(
    @Field({
      segments: {
        split: (user: User) => ({ contact: { email: user.email } }),
        // @ts-expect-error a segment may have been erased
        join: ({ contact }) => new User('', contact.email),
      },
    })
    user: User,
  ) {
    return { user };
  }
}

/** Nothing but a place for handlers. */
abstract class Handlers {
  protected take(...all: readonly unknown[]): void {
    JSON.stringify(all);
  }
}

export class RightHandlers extends Handlers {
  @EventHandler(Orders, (e) => e.rated)
  erasable(user: User | Erased, stars: number): void {
    this.take(user instanceof Erased ? stars : user.email);
  }

  @EventHandler(Orders, (e) => e.$erased)
  erased({ subject, events, fields, time }: Erasure, context: EventContext): void {
    this.take(subject?.length, events.length, fields.length, time + 1, context);
  }

  @EventBatchHandler(Orders, (e) => e.$erased)
  erasedBatch(batch: readonly BatchItem<[Erasure]>[]): void {
    this.take(batch);
  }

  @EventBatchHandler(Orders, (e) => e.rated)
  batch(batch: EventBatch<Orders, 'rated'>): void {
    const user: User | Erased | undefined = batch[0]?.args[0];
    this.take(user);
  }

  @Project(Orders, (e) => e.$erased)
  projectErased(erasure: Erasure, event: ProjectedEvent): void {
    this.take(erasure, event);
  }

  @Project(Orders, (e) => e.rated)
  project(user: User | Erased): void {
    this.take(user);
  }
}

export class WrongHandlers extends Handlers {
  // @ts-expect-error an erasable argument may be erased
  @EventHandler(Orders, (e) => e.rated)
  needsUser(user: User): void {
    this.take(user);
  }

  // @ts-expect-error an erasable argument may be erased, by name
  @EventHandler(Orders, 'rated')
  needsUserByName(user: User): void {
    this.take(user);
  }

  // @ts-expect-error what was erased is no user
  @EventHandler(Orders, (e) => e.$erased)
  wrongErasure(user: User): void {
    this.take(user);
  }

  // @ts-expect-error an erasable argument may be erased, in a projection, too
  @Project(Orders, (e) => e.rated)
  projectUser(user: User): void {
    this.take(user);
  }
}

export const names = defineProjection<Orders, MemoryTransaction>(Orders, {
  name: 'names',
  on: { $erased: ({ events }, { tx }) => tx.table('names').delete(events[0] ?? ''), rated: (_user, stars) => stars },
});

export async function produce(orders: Producer<Orders>, user: User, either: User | Erased): Promise<void> {
  await orders.rated(user, 5);
  // @ts-expect-error what was erased cannot be produced
  await orders.rated(ERASED, 5);
  // @ts-expect-error it may have been erased
  await orders.rated(either, 5);
  // @ts-expect-error nor in a batch
  await orders.$batch((batch) => batch.rated(ERASED, 5));
}

// @ts-expect-error nothing else is taken for what was erased
export const notErased: Erased = { erased: true };

/** What there is not; as a type, because a call of what does not exist has no type to look at. */
export type Missing = readonly [
  // @ts-expect-error the library's own event has no producer
  Producer<Orders>['$erased'],
];
