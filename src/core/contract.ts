import type { Erasure } from './erasure.js';
import type { EventContext } from './event-context.js';

/** A class that is an events contract. */
export type ContractClass<C extends object = object> = abstract new (...args: never[]) => C;

/** The names of a contract's methods. */
export type EventName<C> = { [K in keyof C]-?: C[K] extends (...args: never[]) => unknown ? K : never }[keyof C] &
  string;

/** The arguments of one of a contract's methods. */
export type EventArgs<C, K extends keyof C> = C[K] extends (...args: infer A) => unknown ? A : never;

declare const ARGUMENTS: unique symbol;

/** Refers to one event of a contract, with the types of its arguments. */
export interface EventRef<Args extends readonly unknown[] = readonly unknown[]> {
  readonly [ARGUMENTS]: Args;
}

/** The events of a contract as properties, for selectors: `(e) => e.orderPlaced`, and what was erased: `(e) => e.$erased`. */
export type EventRefs<C> = {
  readonly [K in keyof WithErased<C> as WithErased<C>[K] extends (...args: never[]) => unknown ? K : never]: EventRef<
    EventArgs<WithErased<C>, K>
  >;
};

/** A contract with the library's own event: every contract has it, and no producer. */
export type WithErased<C> = C & { $erased(erasure: Erasure): unknown };

/** The names of the events that handlers can have: the contract's, and `$erased`. */
export type HandledName<C> = EventName<C> | '$erased';

/** A selector of one event; go to definition and rename work through it. */
export type EventSelector<C, Args extends readonly unknown[]> = (events: EventRefs<C>) => EventRef<Args>;

/** The parameters of a handler: the event's arguments, then its context. Fewer, or wider ones, are fine. */
export type HandlerArgs<Args extends readonly unknown[]> = [...Args, EventContext];

/** Returns the method name that a selector picks. */
export function selectedMethod<C>(selector: (events: EventRefs<C>) => unknown): string | undefined {
  let picked: string | undefined;
  const refs = new Proxy(Object.create(null) as object, {
    get: (_, name) => {
      picked = typeof name === 'string' ? name : undefined;
      return undefined;
    },
  });
  selector(refs as EventRefs<C>);
  return picked;
}
