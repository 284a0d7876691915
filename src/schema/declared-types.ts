import 'reflect-metadata';
import { ARGUMENT_OPTIONS, DECLARED_TYPE, type DeclaredArgument, type EventDefinition } from '../core/index.js';

/** Returns the types of an event's arguments as they were declared: by `@Field({ type })`, else as the compiler saw them. */
export function argumentTypes({ contract, method }: EventDefinition): readonly unknown[] {
  const prototype = holderOf(contract.cls.prototype as object, method);
  const recorded = (Reflect.getOwnMetadata('design:paramtypes', prototype, method) ?? []) as readonly unknown[];
  const told = (Reflect.getOwnMetadata(ARGUMENT_OPTIONS, prototype, method) ?? []) as (DeclaredArgument | undefined)[];
  return recorded.map((type, index) => told[index]?.type?.() ?? type);
}

/** Counts the arguments before the first one with a default value: those that every producer gives. */
export function requiredArguments({ contract, method }: EventDefinition): number {
  return (contract.cls.prototype as Readonly<Record<string, (...args: never[]) => unknown>>)[method]?.length ?? 0;
}

/** Returns the type of a class's property as it was declared. */
export function propertyType(cls: new () => object, property: string): unknown {
  const prototype = cls.prototype as object;
  const declared = Reflect.getMetadata(DECLARED_TYPE, prototype, property) as (() => unknown) | undefined;
  return declared ? declared() : Reflect.getMetadata('design:type', prototype, property);
}

/** The prototype whose method it is: a method that replaces its base's is described anew. */
function holderOf(prototype: object, method: string): object {
  for (let p: object | null = prototype; p; p = Object.getPrototypeOf(p) as object | null) {
    if (Object.hasOwn(p, method)) return p;
  }
  return prototype;
}
