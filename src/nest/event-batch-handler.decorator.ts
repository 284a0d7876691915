import type { BatchItem, ContractClass, EventArgs, EventSelector, HandledName, WithErased } from '../core/index.js';
import { declareChecked } from './event-handler.decorator.js';
import type { EventBatchHandlerOptionsSource } from './handler-declaration.js';

/** What a batch handler is given: some events of one type, each of another key. */
export type EventBatch<C, K extends keyof WithErased<C>> = readonly BatchItem<EventArgs<WithErased<C>, K>>[];

/** Decorates a method that can take a batch of events with these arguments. */
export type BatchHandlerDecorator<Args extends readonly unknown[]> = <
  F extends (batch: readonly BatchItem<Args>[]) => unknown,
>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

/**
 * Makes a method the handler of an event that takes several events at once:
 * `@EventBatchHandler(Orders, (e) => e.placed) store(batch: EventBatch<Orders, 'placed'>)`. A batch is handed over when it is
 * full (`maxSize`), or when its first event has waited for `maxWaitMs`. Each event has its own outcome: `item.fail(error)`
 * fails one, a method that throws fails those that have not been failed yet; a failed event is tried again by itself, with the
 * next batch. Events of one key never stand in one batch, so that they keep their order.
 */
export function EventBatchHandler<C extends object, Args extends readonly unknown[]>(
  contract: ContractClass<C>,
  event: EventSelector<C, Args>,
  options?: EventBatchHandlerOptionsSource,
): BatchHandlerDecorator<Args>;
/** Makes a method the batch handler of the event whose contract method has this name, or of `$erased`. */
export function EventBatchHandler<C extends object, K extends HandledName<C>>(
  contract: ContractClass<C>,
  event: K,
  options?: EventBatchHandlerOptionsSource,
): BatchHandlerDecorator<EventArgs<WithErased<C>, K>>;
export function EventBatchHandler(
  contract: ContractClass,
  event: string | ((events: never) => unknown),
  options?: EventBatchHandlerOptionsSource,
): BatchHandlerDecorator<readonly never[]> {
  return (target, method) => {
    declareChecked('@EventBatchHandler', target, method, { contract, event, options, batch: true });
  };
}
