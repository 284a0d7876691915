import 'reflect-metadata';
import type { ModuleRef } from '@nestjs/core';
import type { BatchOptions, ContractClass, Middleware } from '../core/index.js';
import type { RetryOptions } from '../middleware/retry.js';

/** What one handler may set for itself. */
export interface EventHandlerOptions {
  /** Its group; before `@EventGroup` and the connection's group. */
  readonly group?: string;
  /** Which connection it reads from; the main one when absent. */
  readonly connection?: string;
  /** How it is tried again; before the group's and the connection's retry, option by option. */
  readonly retry?: RetryOptions;
  /** How long one try may take; it then fails, its signal fires, and the next try may begin. Default: no limit. */
  readonly timeoutMs?: number;
  /** `manual`: an event is done when the handler calls `context.ack()`, not when it returns. Default `auto`. */
  readonly ack?: 'auto' | 'manual';
  /**
   * `skip`: events that the group has finished before, and that a reset brings back, are passed over. For handlers whose
   * effects must not be repeated, such as mails. Default `run`.
   */
  readonly onReplay?: 'run' | 'skip';
  /** Around each try of this handler only; that of the class comes first. */
  readonly middleware?: readonly Middleware[];
}

/** What a batch handler may set besides. */
export interface EventBatchHandlerOptions extends EventHandlerOptions, BatchOptions {}

/**
 * Options, or a function that makes them at start-up; it is given the `ModuleRef` of the handler's module:
 * `(ref) => ({ group: ref.get(ConfigService, { strict: false }).get('GROUP') })`.
 */
export type EventHandlerOptionsSource =
  EventHandlerOptions | ((moduleRef: ModuleRef) => EventHandlerOptions | Promise<EventHandlerOptions>);

/** Options of a batch handler, or a function that makes them at start-up. */
export type EventBatchHandlerOptionsSource =
  EventBatchHandlerOptions | ((moduleRef: ModuleRef) => EventBatchHandlerOptions | Promise<EventBatchHandlerOptions>);

/** What `@EventHandler` or `@EventBatchHandler` was told about a method. */
export interface HandlerDeclaration {
  readonly contract: ContractClass;
  readonly event: string | ((events: never) => unknown);
  readonly options?: EventHandlerOptionsSource | EventBatchHandlerOptionsSource;
  /** The method takes batches. */
  readonly batch: boolean;
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

/** Leaves with a class what its handlers share; what it was told before, or its base class was, stays where this says nothing. */
export function declareDefaults(cls: object, defaults: EventHandlerOptions): void {
  Reflect.defineMetadata(DEFAULTS, { ...declaredDefaults(cls), ...defaults }, cls);
}

/** Returns what the handlers of a class share. */
export function declaredDefaults(cls: object): EventHandlerOptions {
  return (Reflect.getMetadata(DEFAULTS, cls) ?? {}) as EventHandlerOptions;
}

const HANDLERS = 'nest-event-backbone:handlers';
const DEFAULTS = 'nest-event-backbone:handler-defaults';
