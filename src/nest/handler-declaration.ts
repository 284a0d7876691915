import 'reflect-metadata';
import type { ModuleRef } from '@nestjs/core';
import type { ContractClass, Middleware } from '../core/index.js';
import type { RetryOptions } from '../middleware/retry.js';

/** What one handler may set for itself. */
export interface EventHandlerOptions {
  /** Its group; before `@EventGroup` and the connection's group. */
  readonly group?: string;
  /** Which connection it reads from; the main one when absent. */
  readonly connection?: string;
  /** How it is tried again; before the group's and the connection's retry, option by option. */
  readonly retry?: RetryOptions;
  /** Around each try of this handler only. */
  readonly middleware?: readonly Middleware[];
}

/**
 * Options, or a function that makes them at start-up; it is given the `ModuleRef` of the handler's module:
 * `(ref) => ({ group: ref.get(ConfigService, { strict: false }).get('GROUP') })`.
 */
export type EventHandlerOptionsSource =
  EventHandlerOptions | ((moduleRef: ModuleRef) => EventHandlerOptions | Promise<EventHandlerOptions>);

/** What `@EventHandler` was told about a method. */
export interface HandlerDeclaration {
  readonly contract: ContractClass;
  readonly event: string | ((events: never) => unknown);
  readonly options?: EventHandlerOptionsSource;
}

/** Leaves a declaration with a method, beside those of the same class that are there. */
export function declareHandler(prototype: object, method: string, declaration: HandlerDeclaration): void {
  const own = (Reflect.getOwnMetadata(HANDLERS, prototype, method) ?? []) as readonly HandlerDeclaration[];
  // Decorators run from the method upwards; the list is in the order of reading.
  Reflect.defineMetadata(HANDLERS, [declaration, ...own], prototype, method);
}

/** Returns what a method was declared to handle; an override that declares nothing goes on handling what its base does. */
export function declaredHandlers(prototype: object, method: string): readonly HandlerDeclaration[] {
  return (Reflect.getMetadata(HANDLERS, prototype, method) ?? []) as readonly HandlerDeclaration[];
}

/** Leaves a class's group with it. */
export function declareGroup(cls: object, group: string): void {
  Reflect.defineMetadata(GROUP, group, cls);
}

/** Returns the group of a class or of one it extends. */
export function declaredGroup(cls: object): string | undefined {
  return Reflect.getMetadata(GROUP, cls) as string | undefined;
}

const HANDLERS = 'nest-event-backbone:handlers';
const GROUP = 'nest-event-backbone:group';
