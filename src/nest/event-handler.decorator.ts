import {
  BackboneError,
  type ContractClass,
  type EventArgs,
  type EventSelector,
  type HandledName,
  type HandlerArgs,
  type WithErased,
} from '../core/index.js';
import { declareHandler, type EventHandlerOptionsSource, type HandlerDeclaration } from './handler-declaration.js';

/**
 * Decorates a method that can take these arguments and then the event's context. The inner type parameter is what lets
 * handlers take fewer or wider parameters and return anything.
 */
export type HandlerDecorator<Args extends readonly unknown[]> = <F extends (...args: HandlerArgs<Args>) => unknown>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

/**
 * Makes a method of a provider or controller the handler of an event, named by a selector or by its method's name:
 * `@EventHandler(ShipmentTracking, (e) => e.orderPlaced)`. The method is given the event's arguments, then its
 * `EventContext`; it may take fewer. Several decorators on one method are fine.
 */
export function EventHandler<C extends object, Args extends readonly unknown[]>(
  contract: ContractClass<C>,
  event: EventSelector<C, Args>,
  options?: EventHandlerOptionsSource,
): HandlerDecorator<Args>;
/** Makes a method the handler of the event whose contract method has this name, or of `$erased`. */
export function EventHandler<C extends object, K extends HandledName<C>>(
  contract: ContractClass<C>,
  event: K,
  options?: EventHandlerOptionsSource,
): HandlerDecorator<EventArgs<WithErased<C>, K>>;
export function EventHandler(
  contract: ContractClass,
  event: string | ((events: never) => unknown),
  options?: EventHandlerOptionsSource,
): HandlerDecorator<readonly never[]> {
  return (target, method) => {
    declareChecked('@EventHandler', target, method, { contract, event, options, batch: false });
  };
}

/**
 * Leaves a declaration with a method.
 *
 * @throws BackboneError `EB_HANDLER` for a contract that is not there, and for methods that nobody would find.
 */
export function declareChecked(
  decorator: string,
  target: object,
  method: string | symbol,
  declaration: HandlerDeclaration,
): void {
  const refused = (why: string): BackboneError =>
    new BackboneError('EB_HANDLER', `${nameOf(target)}.${String(method)}: ${decorator} ${why}`);
  if (typeof declaration.contract !== 'function') {
    throw refused('was given no contract; if its file is imported in a circle, move the contract to a file of its own');
  }
  // Neither would be found among the methods of a provider.
  if (typeof target === 'function') throw refused('belongs on methods of instances, this one is static');
  if (typeof method === 'symbol') throw refused('belongs on methods with a name, not on a symbol');
  declareHandler(target, method, declaration);
}

function nameOf(target: object): string {
  return typeof target === 'function' ? target.name : target.constructor.name;
}
