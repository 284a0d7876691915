import 'reflect-metadata';
import { contractError } from './contract-error.js';
import {
  ARGUMENT_OPTIONS,
  CONTRACT_EVENTS,
  CONTRACT_NAME,
  CONTRACT_STORED,
  DECLARED_TYPE,
  type DeclaredArgument,
  type DeclaredEvent,
} from './contract-metadata.js';
import type { Erased } from './erased.js';
import type { Deprecation } from './event-definition.js';
import type { StoredOptions } from './stored-options.js';
import type { EventDecorator, Upcaster } from './upcast.js';

/** How an event is named on the wire. */
export interface ContractEventOptions {
  /** Default: the method's name. Set it before renaming a method. */
  readonly name?: string;
  /** A positive integer, default 1. Name and version together are the event's identity. */
  readonly version?: number;
  /** Older versions that are read as this one, from the oldest on: see {@link upcast}. */
  readonly upcast?: readonly Upcaster[];
  /**
   * Tells that this version should go: whoever produces it (`produce`), handles it (`handle`) or does either (`true`) is
   * warned, once in a process.
   */
  readonly deprecated?: Deprecation;
}

/** How an argument, or a property of an argument's class, is stored. */
export interface FieldOptions<Argument = never, Parts extends object = object> {
  /** The field's name; default: the key under which the contract method returns the argument. */
  readonly name?: string;
  /** The type where the compiler does not record it: `() => [Item]`, `() => Color` (an enum), `() => Address`. */
  readonly type?: () => unknown;
  /** Stores the argument as several fields, so that some of it can be erased and the rest stays. */
  readonly segments?: Segments<Argument, Parts>;
}

/** How an argument is taken apart into fields, `user.public` and `user.contact`, and put together again. */
export interface Segments<Argument, Parts extends object> {
  /** Gives the parts by name; one that is `undefined` is not stored. */
  readonly split: (argument: Argument) => Parts;
  /** Makes the argument, or plain data for it, of the parts as they were read; erased ones are absent. */
  readonly join: (parts: Partial<Parts>) => NoInfer<Argument>;
  /** The parts that hold personal data. Default: all when the argument is `@Personal`, else none. */
  readonly personal?: readonly (keyof Parts & string)[];
}

/** What `@Key` makes the key of. */
export interface KeyOptions {
  /** Takes the key out of the argument; the whole argument when absent. */
  readonly of?: KeySelector;
  /** The key is a keyed hash (HMAC-SHA256) of that under the application's secret, and tells nothing about it. */
  readonly hashed?: boolean;
}

/** Takes the ordering key out of an argument. */
export type KeySelector = (argument: never) => string | number | bigint;

/** What `@Personal` may be told. */
export interface PersonalOptions<Args, Erasable extends boolean = boolean> {
  /**
   * Gives the data subject, the person whose data this is, from the event's arguments by name:
   * `({ user }: { user: User }) => user.email`. Without it the data can be erased by event only.
   */
  readonly of?: (args: Args) => string | number | bigint;
  /** Handlers run although the data was erased: they are given `ERASED`, and the parameter's type is `User | Erased`. */
  readonly erasable?: Erasable;
}

/** Decorates a parameter of a method that returns these arguments, and that may be `Erased` where it is erasable. */
export type PersonalDecorator<Args, Erasable extends boolean> = <
  M extends string | symbol,
  I extends number,
  C extends Record<M, (...args: never[]) => unknown>,
>(
  contract: C,
  method: M,
  index: PersonalIndex<Args, Erasable, C[M], I>,
) => void;

/** The index of a parameter that fits, or what is wrong with it. */
type PersonalIndex<Args, Erasable extends boolean, F extends (...args: never[]) => unknown, I extends number> = [
  WithoutErased<ReturnType<F>>,
] extends [Args]
  ? ErasableIndex<Erasable, Parameters<F>[I], I>
  : undefined extends ReturnType<F>
    ? ErasableIndex<Erasable, Parameters<F>[I], I>
    : 'the event returns no such arguments';

/** What is erased is never produced, so no subject is asked for. */
type WithoutErased<Payload> = { [Name in keyof Payload]: Exclude<Payload[Name], Erased> };

type ErasableIndex<Erasable extends boolean, Argument, I extends number> = true extends Erasable
  ? Erased extends Argument
    ? I
    : 'an erasable parameter is of the type `... | Erased`'
  : I;

/**
 * Makes a class an events contract. The name is the stream's name; without one, a derived contract shares the stream
 * of its base.
 */
export function EventsContract(name?: string): ClassDecorator {
  return (target) => {
    Reflect.defineMetadata(CONTRACT_NAME, name ?? null, target);
  };
}

/** Makes a method an event of its contract. The method returns its arguments by name: `return { user, product }`. */
export function ContractEvent<const Options extends ContractEventOptions>(options?: Options): EventDecorator<Options>;
export function ContractEvent({ name, version = 1, deprecated, upcast }: ContractEventOptions = {}) {
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    if (typeof target === 'function' || typeof descriptor.value !== 'function') {
      throw contractError(String(key), 'is static or a getter; @ContractEvent belongs on methods of instances');
    }
    const own = (Reflect.getOwnMetadata(CONTRACT_EVENTS, target) ?? []) as DeclaredEvent[];
    const event: DeclaredEvent = { method: String(key), name: name ?? String(key), version, deprecated, upcast };
    Reflect.defineMetadata(CONTRACT_EVENTS, [...own, event], target);
  };
}

/** Names the field, the type or the segments of an argument; on a property of an argument's class, the property's type. */
export function Field<Argument, Parts extends object>(
  options: string | FieldOptions<Argument, Parts>,
): ParameterDecorator & PropertyDecorator {
  const { name, type, segments } = typeof options === 'string' ? { name: options } : options;
  if (type && CALLABLE.has(type)) {
    throw contractError(`@Field({ type: ${type.name} })`, `is no function that gives a type; write () => ${type.name}`);
  }
  return (target: object, key: string | symbol | undefined, index?: number) => {
    if (typeof index === 'number') argument(target, key, index, { field: name, type, segments });
    else if (key !== undefined && (name !== undefined || segments)) {
      throw contractError(String(key), 'is a property and keeps its own name; @Field gives it a type only');
    } else if (key !== undefined && type) Reflect.defineMetadata(DECLARED_TYPE, type, target, key);
  };
}

/** Unlike classes these can be called, and would give some text or number instead of a type. */
const CALLABLE: ReadonlySet<unknown> = new Set([String, Number, Boolean, BigInt, Symbol, Date, Array, Object]);

/**
 * Makes an argument the ordering key: events of one key keep their order. A selector takes the key out of an object:
 * `@Key((user: User) => user.id)`. Keys cannot be erased; `@Key({ of, hashed: true })` hides what they are made of.
 */
export function Key(key: KeySelector | KeyOptions = {}): ParameterDecorator {
  return (target, method, index) =>
    argument(target, method, index, { key: typeof key === 'function' ? { of: key } : key });
}

/** Marks an argument as personal data: it is stored apart from the others, where it can be erased. */
export function Personal(options?: { readonly of?: undefined; readonly erasable?: false }): ParameterDecorator;
/** Marks an argument as personal data of a data subject, and says whether handlers can do without it. */
export function Personal<Args, const Erasable extends boolean = false>(
  options: PersonalOptions<Args, Erasable>,
): PersonalDecorator<Args, Erasable>;
export function Personal({ of, erasable }: PersonalOptions<never> = {}): (...place: Place) => void {
  return (target, key, index) => argument(target, key, index, { personal: true, subject: of, erasable });
}

/** Says which payload stores keep an argument; on a contract class, all arguments that do not say otherwise. */
export function Stored(options: StoredOptions): ParameterDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, index?: number) => {
    if (typeof index === 'number') argument(target, key, index, { stored: options });
    else Reflect.defineMetadata(CONTRACT_STORED, options, target);
  };
}

/** Where a parameter decorator stands. */
type Place = readonly [target: never, method: never, index: never];

function argument(target: object, key: string | symbol | undefined, index: number, add: DeclaredArgument): void {
  if (key === undefined) {
    throw contractError(
      'constructor',
      'has no fields; @Field, @Key, @Personal and @Stored belong on parameters of a contract method',
    );
  }
  const known = (Reflect.getOwnMetadata(ARGUMENT_OPTIONS, target, key) ?? []) as (DeclaredArgument | undefined)[];
  const next = [...known];
  const told = Object.fromEntries(Object.entries(add).filter(([, value]) => value !== undefined));
  next[index] = { ...known[index], ...told };
  Reflect.defineMetadata(ARGUMENT_OPTIONS, next, target, key);
}
