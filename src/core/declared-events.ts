import 'reflect-metadata';
import type { ContractClass } from './contract.js';
import { contractError } from './contract-error.js';
import { CONTRACT_EVENTS, type DeclaredEvent } from './contract-metadata.js';

/**
 * Returns the decorated methods of a contract with the prototype that holds each, from the base down, so that a derived
 * method replaces its base's in place.
 *
 * @throws BackboneError `EB_CONTRACT` for a method that is decorated twice, or overridden without a decorator.
 */
export function declaredEvents(cls: ContractClass): readonly (readonly [object, DeclaredEvent])[] {
  const found = new Map<string, readonly [object, DeclaredEvent]>();
  for (const prototype of prototypesOf(cls)) {
    const own = (Reflect.getOwnMetadata(CONTRACT_EVENTS, prototype) ?? []) as readonly DeclaredEvent[];
    for (const [method, [base]] of found) {
      if (Object.hasOwn(prototype, method) && !own.some((event) => event.method === method)) {
        const where = `${nameOf(prototype)}.${method}`;
        throw contractError(where, `overrides an event of ${nameOf(base)}; decorate it with @ContractEvent, too`);
      }
    }
    for (const event of own) {
      if (found.get(event.method)?.[0] === prototype) {
        throw contractError(`${nameOf(prototype)}.${event.method}`, 'has two @ContractEvent decorators; keep one');
      }
      found.set(event.method, [prototype, event]);
    }
  }
  return [...found.values()];
}

function prototypesOf(cls: ContractClass): readonly object[] {
  const chain: object[] = [];
  for (let p = cls.prototype as object | null; p && p !== Object.prototype; p = Object.getPrototypeOf(p) as object) {
    chain.unshift(p);
  }
  return chain;
}

function nameOf(prototype: object): string {
  return prototype.constructor.name;
}
