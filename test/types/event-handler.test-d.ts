/** What the compiler must accept and refuse of `@EventHandler`. Nothing here runs. */
import { EventHandler, type EventContext } from 'nest-event-backbone';
import type { EventRefs } from 'nest-event-backbone/core';

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
}

interface HasId {
  readonly id: string;
}

/** Nothing but a place for handlers. */
abstract class Handlers {
  protected take(...all: readonly unknown[]): void {
    JSON.stringify(all);
  }
}

export class RightHandlers extends Handlers {
  @EventHandler(Orders, (e) => e.placed)
  exact(user: User, count: number, note: string | undefined, event: EventContext): void {
    this.take(user, count, note, event);
  }

  @EventHandler(Orders, 'placed')
  byName(user: User, count: number): void {
    this.take(user, count);
  }

  @EventHandler(Orders, (e) => e.placed)
  async fewer(user: User): Promise<void> {
    await Promise.resolve(user);
  }

  @EventHandler(Orders, ({ placed }) => placed)
  none(): string {
    return 'any result is fine';
  }

  @EventHandler(Orders, (e) => e.placed)
  wider(user: HasId, count: number | string, note?: unknown): void {
    this.take(user, count, note);
  }

  @EventHandler(Orders, (e) => e.rang)
  contextOnly(event: EventContext): void {
    this.take(event);
  }

  @EventHandler(Orders, (e) => e.placed, { group: 'mail' })
  withOptions(user: User): void {
    this.take(user);
  }

  @EventHandler(Orders, (e) => e.rang)
  @EventHandler(Orders, (e) => e.placed)
  several(): void {
    this.take();
  }

  @EventHandler(Orders, (e) => e.placed)
  private hidden(user: User): void {
    this.take(user, () => this.hidden(user));
  }
}

export class WrongHandlers extends Handlers {
  // @ts-expect-error swapped parameters
  @EventHandler(Orders, (e) => e.placed)
  swapped(count: number, user: User): void {
    this.take(count, user);
  }

  // @ts-expect-error swapped parameters, by name
  @EventHandler(Orders, 'placed')
  swappedByName(count: number, user: User): void {
    this.take(count, user);
  }

  // @ts-expect-error a subclass where the contract says the base
  @EventHandler(Orders, (e) => e.placed)
  narrower(admin: Admin): void {
    this.take(admin);
  }

  // @ts-expect-error another type
  @EventHandler(Orders, (e) => e.placed)
  otherType(user: string): void {
    this.take(user);
  }

  // @ts-expect-error required where the contract says optional
  @EventHandler(Orders, (e) => e.placed)
  required(user: User, count: number, note: string): void {
    this.take(user, count, note);
  }

  // @ts-expect-error one parameter more than arguments and context
  @EventHandler(Orders, (e) => e.rang)
  tooMany(event: EventContext, more: string): void {
    this.take(event, more);
  }

  // @ts-expect-error the context comes after all arguments
  @EventHandler(Orders, (e) => e.placed)
  contextTooEarly(user: User, event: EventContext): void {
    this.take(user, event);
  }

  // @ts-expect-error no such event, by name
  @EventHandler(Orders, 'cancelled')
  unknownEventByName(): void {
    this.take();
  }

  // @ts-expect-error a property of the contract is no event, by name
  @EventHandler(Orders, 'version')
  propertyByName(): void {
    this.take();
  }

  // @ts-expect-error the method itself is no reference to an event
  @EventHandler(Orders, () => Orders.prototype.rang.bind(undefined))
  method(): void {
    this.take();
  }

  // @ts-expect-error an instance is no contract
  @EventHandler({ rang: () => undefined }, 'rang')
  noClass(): void {
    this.take();
  }

  // @ts-expect-error an event is needed
  @EventHandler(Orders)
  noEvent(): void {
    this.take();
  }

  // @ts-expect-error no such option
  @EventHandler(Orders, (e) => e.rang, { topic: 'mail' })
  unknownOption(): void {
    this.take();
  }

  // @ts-expect-error a property is no method
  @EventHandler(Orders, (e) => e.rang)
  notAMethod = 1;
}

/** What a selector cannot find; as types, because what does not exist has no type to look at. */
export type Missing = readonly [
  // @ts-expect-error no such event
  EventRefs<Orders>['cancelled'],
  // @ts-expect-error a property of the contract is no event
  EventRefs<Orders>['version'],
];
