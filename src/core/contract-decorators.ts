import 'reflect-metadata';
import { contractError } from './contract-error.js';
import {
  ARGUMENT_OPTIONS,
  CONTRACT_EVENTS,
  CONTRACT_NAME,
  DECLARED_TYPE,
  type DeclaredArgument,
  type DeclaredEvent,
} from './contract-metadata.js';

/** How an event is named on the wire. */
export interface ContractEventOptions {
  /** Default: the method's name. Set it before renaming a method. */
  readonly name?: string;
  /** A positive integer, default 1. Name and version together are the event's identity. */
  readonly version?: number;
}

/** How an argument, or a property of an argument's class, is stored. */
export interface FieldOptions {
  /** The field's name; default: the key under which the contract method returns the argument. */
  readonly name?: string;
  /** The type where the compiler does not record it: `() => [Item]`, `() => Color` (an enum), `() => Address`. */
  readonly type?: () => unknown;
}

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
export function ContractEvent(options: ContractEventOptions = {}): MethodDecorator {
  return (target, key, descriptor) => {
    if (typeof target === 'function' || typeof descriptor.value !== 'function') {
      throw contractError(String(key), 'is static or a getter; @ContractEvent belongs on methods of instances');
    }
    const own = (Reflect.getOwnMetadata(CONTRACT_EVENTS, target) ?? []) as DeclaredEvent[];
    const event = { method: String(key), name: options.name ?? String(key), version: options.version ?? 1 };
    Reflect.defineMetadata(CONTRACT_EVENTS, [...own, event], target);
  };
}

/** Names the field or the type of an argument; on a property of an argument's class, the property's type. */
export function Field(options: string | FieldOptions): ParameterDecorator & PropertyDecorator {
  const { name, type } = typeof options === 'string' ? { name: options, type: undefined } : options;
  if (type && CALLABLE.has(type)) {
    throw contractError(`@Field({ type: ${type.name} })`, `is no function that gives a type; write () => ${type.name}`);
  }
  return (target: object, key: string | symbol | undefined, index?: number) => {
    if (typeof index === 'number') argument(target, key, index, { field: name, type });
    else if (key !== undefined && name !== undefined) {
      throw contractError(String(key), 'is a property and keeps its own name; @Field gives it a type only');
    } else if (key !== undefined && type) Reflect.defineMetadata(DECLARED_TYPE, type, target, key);
  };
}

/** Unlike classes these can be called, and would give some text or number instead of a type. */
const CALLABLE: ReadonlySet<unknown> = new Set([String, Number, Boolean, BigInt, Symbol, Date, Array, Object]);

/**
 * Makes an argument the ordering key: events of one key keep their order. A selector takes the key out of an object:
 * `@Key((user: User) => user.id)`.
 */
export function Key(select?: (argument: never) => string | number | bigint): ParameterDecorator {
  return (target, key, index) =>
    argument(target, key, index, { key: select ?? ((value: never) => value), keyIsWholeArgument: !select });
}

/** Marks an argument as personal data: it is stored apart from the others, where it can be erased. */
export function Personal(): ParameterDecorator {
  return (target, key, index) => argument(target, key, index, { personal: true });
}

function argument(target: object, key: string | symbol | undefined, index: number, add: DeclaredArgument): void {
  if (key === undefined) {
    throw contractError(
      'constructor',
      'has no fields; @Field, @Key and @Personal belong on parameters of a contract method',
    );
  }
  const known = (Reflect.getOwnMetadata(ARGUMENT_OPTIONS, target, key) ?? []) as (DeclaredArgument | undefined)[];
  const next = [...known];
  const told = Object.fromEntries(Object.entries(add).filter(([, value]) => value !== undefined));
  next[index] = { ...known[index], ...told };
  Reflect.defineMetadata(ARGUMENT_OPTIONS, next, target, key);
}
