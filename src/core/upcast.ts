/** How arguments of a newer version of an event are made of an older one's. */
export interface Upcaster<
  From extends number = number,
  To extends number = number,
  Make extends ArgumentMakers = ArgumentMakers,
> {
  readonly from: From;
  readonly to: To;
  readonly make: Make;
}

/** Makes each argument that is new, or is another one now, of the arguments of the older version. */
export type ArgumentMakers = Readonly<Record<string, Maker>>;

/** A method, so that each may say what the older version was in its own words. */
type Maker = { make(old: object): unknown }['make'];

/**
 * Makes events of an older version readable as a newer one, in `@ContractEvent({ version: 2, upcast: [...] })`. What was
 * stored is never changed. Say only what is different: an argument that is not named here is the old one of its name.
 *
 * Each function is given the old arguments by name: with the types of the contract where the old version is one of its
 * methods, else as plain JSON, in which dates are texts. It gives the new argument, or plain data for it. An argument that
 * is made of an erased one is erased.
 *
 * ```ts
 * upcast(1, 2, { customer: (old: { name: string; email: string }) => ({ name: old.name, email: old.email }) })
 * ```
 */
export function upcast<const From extends number, const To extends number, Make extends ArgumentMakers>(
  from: From,
  to: To,
  make: Make,
): Upcaster<From, To, Make> {
  return Object.freeze({ from, to, make });
}

/** Decorates a contract method; with upcasters, one that takes what these make. */
export type EventDecorator<Options> = Options extends {
  readonly version: infer Version;
  readonly upcast: readonly (infer Step)[];
}
  ? <F extends (...args: never[]) => unknown>(
      contract: object,
      method: string | symbol,
      descriptor: Fitting<TypedPropertyDescriptor<F>, Misfit<Step, Version, ReturnType<F>>>,
    ) => void
  : MethodDecorator;

/** What was given if nothing is wrong with it, else what is wrong. */
type Fitting<Given, Wrong> = Given & ([Wrong] extends [never] ? unknown : Wrong);

/** What is wrong with the upcasters that lead to a version; `never` when nothing is. */
type Misfit<Step, Version, Payload> =
  Step extends Upcaster<number, infer To, infer Make>
    ? To extends Version
      ? { [Name in keyof Make]: MadeMisfit<Make[Name], Name, Payload> }[keyof Make]
      : never
    : never;

type MadeMisfit<Make, Name, Payload> = Name extends keyof Payload
  ? Make extends (...old: never[]) => infer Made
    ? Made extends Payload[Name] | Written<Payload[Name]>
      ? never
      : `the upcaster of "${Name & string}" gives what the event does not take`
    : never
  : string extends Name
    ? never
    : `the event has no argument "${Name & string}"`;

/** What a value may be when it comes as plain data. */
type Written<Value> = Value extends Date
  ? string | number
  : Value extends Uint8Array
    ? Value
    : Value extends readonly (infer Item)[]
      ? readonly (Item | Written<Item>)[]
      : Value extends object
        ? {
            readonly [Name in keyof Value as Value[Name] extends (...args: never[]) => unknown ? never : Name]:
              Value[Name] | Written<Value[Name]>;
          }
        : Value;
