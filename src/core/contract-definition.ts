import 'reflect-metadata';
import { probeArgumentNames } from './argument-names.js';
import type { ContractClass } from './contract.js';
import { contractError } from './contract-error.js';
import { ARGUMENT_OPTIONS, CONTRACT_NAME, type DeclaredArgument, type DeclaredEvent } from './contract-metadata.js';
import { declaredEvents } from './declared-events.js';
import { eventType } from './event-type.js';
import { checkedName } from './names.js';
import type { Shape } from './shape.js';
import { shapeOf } from './shape-of.js';

/** One argument of an event and how it is stored. */
export interface ArgumentDefinition {
  readonly field: string;
  readonly shape: Shape;
  readonly personal: boolean;
}

/** One event of a contract. */
export interface EventDefinition {
  readonly contract: ContractDefinition;
  readonly method: string;
  readonly name: string;
  readonly version: number;
  /** Its identity on the wire, `orderPlaced.v1`. */
  readonly type: string;
  readonly arguments: readonly ArgumentDefinition[];
  /** The fields that hold personal data. */
  readonly personal: readonly string[];
  /** Which argument holds the ordering key, and how to take it out; `undefined` when none is marked. */
  readonly key?: { readonly index: number; readonly select: (value: unknown) => unknown };
}

/** A contract as the engines use it. */
export interface ContractDefinition {
  /** The stream's name. */
  readonly name: string;
  readonly cls: ContractClass;
  readonly byMethod: ReadonlyMap<string, EventDefinition>;
  readonly byType: ReadonlyMap<string, EventDefinition>;
}

const MAX_ARGUMENTS = 64;
const DEFINITION = 'nest-event-backbone:definition';
const RESERVED = new Set(
  'then catch finally toString toJSON valueOf inspect onModuleInit onApplicationBootstrap onModuleDestroy'
    .concat(' beforeApplicationShutdown onApplicationShutdown')
    .split(' '),
);

/**
 * Reads a contract class: its events, their arguments, names and types. Cheap after the first time.
 *
 * @throws BackboneError `EB_CONTRACT` or `EB_NAME`, naming class and method.
 */
export function describeContract(cls: ContractClass): ContractDefinition {
  const known = Reflect.getOwnMetadata(DEFINITION, cls) as ContractDefinition | undefined;
  if (known) return known;
  const byMethod = new Map<string, EventDefinition>();
  const byType = new Map<string, EventDefinition>();
  const definition: ContractDefinition = { name: contractName(cls), cls, byMethod, byType };
  for (const [prototype, declared] of declaredEvents(cls)) {
    const event = describeEvent(definition, prototype, declared);
    const other = byType.get(event.type);
    if (other) {
      const why = `and ${cls.name}.${other.method} are both ${event.type}; give one another name or version`;
      throw contractError(`${cls.name}.${event.method}`, why);
    }
    byMethod.set(event.method, event);
    byType.set(event.type, event);
  }
  if (byMethod.size === 0) throw contractError(cls.name || 'the class', 'has no @ContractEvent method');
  Reflect.defineMetadata(DEFINITION, definition, cls);
  return definition;
}

function contractName(cls: ContractClass): string {
  for (let c: unknown = cls; typeof c === 'function' && c !== Function.prototype; c = Object.getPrototypeOf(c)) {
    const name = Reflect.getOwnMetadata(CONTRACT_NAME, c) as string | null | undefined;
    if (typeof name === 'string') return checkedName(`contract name of ${cls.name}`, name);
  }
  throw contractError(cls.name || 'the class', "has no name; add @EventsContract('its-name')");
}

function describeEvent(contract: ContractDefinition, prototype: object, declared: DeclaredEvent): EventDefinition {
  const { method, name, version } = declared;
  const where = `${contract.cls.name}.${method}`;
  if (method.startsWith('$') || RESERVED.has(method)) {
    throw contractError(where, 'has a reserved method name; choose another one');
  }
  checkedName(`event name of ${where}`, name);
  if (!Number.isSafeInteger(version) || version < 1 || version > 999_999_999) {
    throw contractError(where, `has the version ${String(version)}; versions are whole numbers from 1 on`);
  }
  const types = Reflect.getOwnMetadata('design:paramtypes', prototype, method) as unknown[] | undefined;
  if (!types) {
    const remedy = 'compile with "emitDecoratorMetadata" (tsc, swc or vitest; not tsx or esbuild)';
    throw contractError(where, `has no type metadata; ${remedy}`);
  }
  if (types.length > MAX_ARGUMENTS) {
    throw contractError(where, `has ${types.length} arguments, the limit is ${MAX_ARGUMENTS}`);
  }
  const options = (Reflect.getOwnMetadata(ARGUMENT_OPTIONS, prototype, method) ?? []) as (
    DeclaredArgument | undefined
  )[];
  const args = describeArguments(where, (prototype as Record<string, never>)[method] as never, types, options);
  return Object.freeze({
    contract,
    method,
    name,
    version,
    type: eventType(name, version),
    arguments: args,
    personal: Object.freeze(args.filter((argument) => argument.personal).map((argument) => argument.field)),
    key: describeKey(where, options),
  });
}

function describeArguments(
  where: string,
  method: (...args: unknown[]) => unknown,
  types: readonly unknown[],
  options: readonly (DeclaredArgument | undefined)[],
): readonly ArgumentDefinition[] {
  const probed = probeArgumentNames(method, types.length, where);
  const taken = new Set<string>();
  return types.map((type, index) => {
    const told = options[index];
    const field = told?.field ?? probed.names[index];
    if (field === undefined) {
      const because = probed.failure === undefined ? '' : ` (${probed.failure})`;
      const remedy = 'return it from the method (`return { user, time }`) or add @Field("name")';
      throw contractError(where, `has no name for its argument ${index + 1}${because}; ${remedy}`);
    }
    checkedName(`field name of argument ${index + 1} of ${where}`, field);
    if (taken.has(field)) throw contractError(where, `has two arguments named "${field}"`);
    taken.add(field);
    const shape = shapeOf(told?.type ? told.type() : type, `argument "${field}" of ${where}`);
    return { field, shape, personal: told?.personal === true };
  });
}

function describeKey(where: string, options: readonly (DeclaredArgument | undefined)[]): EventDefinition['key'] {
  const marked = options.flatMap((told, index) => (told?.key ? [{ index, told, select: told.key }] : []));
  const [first, second] = marked;
  if (second) throw contractError(where, 'has two @Key arguments; an event has one key');
  if (first?.told.personal && first.told.keyIsWholeArgument) {
    const remedy = 'keys cannot be erased, so choose another key or select an id: @Key((user: User) => user.id)';
    throw contractError(where, `uses a @Personal argument as its @Key; ${remedy}`);
  }
  return first && { index: first.index, select: first.select as (value: unknown) => unknown };
}
