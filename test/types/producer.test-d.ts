/**
 * What the compiler must accept and refuse of a producer. Nothing here runs: an expected error that is gone is itself
 * an error, and so is one that comes up unexpected.
 */
import type { BatchMethods, Producer, Receipt } from 'nest-event-backbone';

class User {
  constructor(
    readonly id: string,
    readonly email: string,
  ) {}
}

class Admin extends User {
  readonly level = 1;
}

abstract class Orders {
  readonly version = 1;
  abstract placed(user: User, count: number, note?: string): unknown;
  abstract rang(): unknown;
  abstract tagged(tags: readonly string[], at: Date | null): unknown;
  protected internal(): void {
    this.rang();
  }
}

export async function rightUses(orders: Producer<Orders>, user: User, admin: Admin): Promise<void> {
  const receipt: Receipt = await orders.placed(user, 1);
  await orders.placed(admin, 1, 'note');
  await orders.placed(user, 1, undefined);
  await orders.rang();
  await orders.tagged(['a'], null);
  const arguments_: Parameters<typeof orders.placed> = [user, 1];
  await orders.placed(...arguments_);

  const other: Producer<Orders> = orders.$with({ key: 'k' }).$with({ eventId: receipt.id, headers: { tenant: 'a' } });
  await other.$with({ environment: 'test' }).rang();

  const receipts: readonly Receipt[] = await orders.$batch((batch) => {
    batch.placed(user, 1);
    batch.rang();
  });
  await orders.$with({ key: receipts[0]?.id }).$batch(({ rang }) => rang());
}

export async function wrongUses(orders: Producer<Orders>, user: User): Promise<void> {
  // @ts-expect-error a required argument is missing
  await orders.placed(user);
  // @ts-expect-error all arguments are missing
  await orders.placed();
  // @ts-expect-error one argument too many
  await orders.placed(user, 1, 'note', 'more');
  // @ts-expect-error one argument too many, for an event without any
  await orders.rang('x');
  // @ts-expect-error swapped arguments
  await orders.placed(1, user);
  // @ts-expect-error text for a number
  await orders.placed(user, '1');
  // @ts-expect-error null where the contract does not allow it
  await orders.placed(user, 1, null);
  // @ts-expect-error an object that lacks a property of the class
  await orders.placed({ id: 'u-1' }, 1);
  // @ts-expect-error a wrong element
  await orders.tagged([1], null);
  // @ts-expect-error undefined is not null
  await orders.tagged(['a'], undefined);
  // @ts-expect-error a receipt is not the payload
  const payload: { readonly user: User } = await orders.placed(user, 1);
  // @ts-expect-error an event cannot be replaced
  orders.rang = () => Promise.reject(new Error(JSON.stringify(payload)));
}

export async function wrongOverrides(orders: Producer<Orders>, user: User): Promise<void> {
  // @ts-expect-error overrides are needed
  orders.$with();
  // @ts-expect-error no such override
  orders.$with({ partition: 1 });
  // @ts-expect-error a key is text
  orders.$with({ key: 1 });
  // @ts-expect-error headers are text
  orders.$with({ headers: { attempt: 1 } });
  // @ts-expect-error an event id is text
  orders.$with({ eventId: 1n });
  // @ts-expect-error the arguments are checked behind $with, too
  await orders.$with({ key: 'k' }).placed(user, '1');
}

export async function wrongBatches(orders: Producer<Orders>, user: User, batch: BatchMethods<Orders>): Promise<void> {
  // @ts-expect-error a function is needed
  await orders.$batch();
  // @ts-expect-error a list of events is no function
  await orders.$batch([orders.rang()]);
  // @ts-expect-error the arguments are checked inside a batch
  await orders.$batch((each) => each.placed(user, '1'));
  // @ts-expect-error a required argument is missing inside a batch
  await orders.$batch((each) => each.placed(user));
  // @ts-expect-error an event of a batch has no receipt of its own
  const rang: () => Promise<Receipt> = batch.rang;
  await rang();
}

/** What there is not; as types, because a call of what does not exist has no type to look at. */
export type Missing = readonly [
  // @ts-expect-error no such event
  Producer<Orders>['cancelled'],
  // @ts-expect-error a property of the contract is no event
  Producer<Orders>['version'],
  // @ts-expect-error a protected method is no event
  Producer<Orders>['internal'],
  // @ts-expect-error no such event behind $with
  ReturnType<Producer<Orders>['$with']>['cancelled'],
  // @ts-expect-error no such event inside a batch
  BatchMethods<Orders>['cancelled'],
  // @ts-expect-error a batch has no $with of its own
  BatchMethods<Orders>['$with'],
  // @ts-expect-error a producer is not thenable
  Producer<Orders>['then'],
];
