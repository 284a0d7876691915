import 'reflect-metadata';
import type { ContractClass } from './contract.js';
import { describeArguments, describeKey, type DeclaredArguments } from './contract-arguments.js';
import { contractError } from './contract-error.js';
import { ARGUMENT_OPTIONS, CONTRACT_NAME, CONTRACT_STORED, type DeclaredEvent } from './contract-metadata.js';
import { declaredEvents } from './declared-events.js';
import { personalFieldsOf, type ContractDefinition, type EventDefinition } from './event-definition.js';
import { eventType } from './event-type.js';
import { checkedName } from './names.js';
import type { StoredOptions } from './stored-options.js';
import { eventsByType, withUpcasts } from './upcast-chain.js';

const DEFINITION = 'nest-event-backbone:definition';
const RESERVED = new Set(
  'then catch finally toString toJSON valueOf inspect onModuleInit onApplicationBootstrap onModuleDestroy'
    .concat(' beforeApplicationShutdown onApplicationShutdown')
    .split(' '),
);

const DEPRECATIONS: ReadonlySet<unknown> = new Set(['produce', 'handle', true]);

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
  const readable = new Map<string, EventDefinition>();
  const definition: ContractDefinition = { name: contractName(cls), cls, byMethod, byType, readable };
  const declared = declaredEvents(cls).map(([prototype, told]) => {
    const event = describeEvent(definition, prototype, told);
    const other = byType.get(event.type);
    if (other) {
      const why = `and ${cls.name}.${other.method} are both ${event.type}; give one another name or version`;
      throw contractError(`${cls.name}.${event.method}`, why);
    }
    byType.set(event.type, event);
    return { event, upcast: told.upcast };
  });
  for (const event of withUpcasts(declared)) {
    byMethod.set(event.method, event);
    byType.set(event.type, event);
  }
  if (byMethod.size === 0) throw contractError(cls.name || 'the class', 'has no @ContractEvent method');
  for (const [type, event] of eventsByType(byType.values())) readable.set(type, event);
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
  const { method, name, version, deprecated } = declared;
  const where = `${contract.cls.name}.${method}`;
  if (method.startsWith('$') || RESERVED.has(method)) {
    throw contractError(where, 'has a reserved method name; choose another one');
  }
  checkedName(`event name of ${where}`, name);
  if (!Number.isSafeInteger(version) || version < 1 || version > 999_999_999) {
    throw contractError(where, `has the version ${String(version)}; versions are whole numbers from 1 on`);
  }
  if (deprecated !== undefined && !DEPRECATIONS.has(deprecated)) {
    throw contractError(where, "has a `deprecated` that is unknown; there are 'produce', 'handle' and true");
  }
  const types = Reflect.getOwnMetadata('design:paramtypes', prototype, method) as unknown[] | undefined;
  if (!types) {
    const remedy = 'compile with "emitDecoratorMetadata" (tsc, swc or vitest; not tsx or esbuild)';
    throw contractError(where, `has no type metadata; ${remedy}`);
  }
  const told = (Reflect.getOwnMetadata(ARGUMENT_OPTIONS, prototype, method) ?? []) as DeclaredArguments['told'];
  const all: DeclaredArguments = {
    where,
    method: (prototype as Record<string, never>)[method] as never,
    types,
    told,
    stored: Reflect.getMetadata(CONTRACT_STORED, contract.cls) as StoredOptions | undefined,
  };
  const args = describeArguments(all);
  return Object.freeze({
    contract,
    method,
    name,
    version,
    type: eventType(name, version),
    arguments: args,
    personal: Object.freeze(args.flatMap(personalFieldsOf)),
    key: describeKey(all),
    ...(deprecated !== undefined && { deprecated }),
  });
}
