import {
  BackboneError,
  checkedName,
  type ContractClass,
  type EventArgs,
  type EventName,
  type EventSelector,
} from '../core/index.js';
import type { ProjectedEvent } from '../projections/index.js';
import { declareProject, declareProjection, type ProjectionOptions } from './projection-declaration.js';

/**
 * Makes a provider a projection: its `@Project` methods turn events into a read model, and its `create(tx)` makes the
 * tables. Its name is unique in the read model, and stays.
 */
export function Projection(name: string, options: ProjectionOptions): ClassDecorator {
  checkedName('projection name', name);
  return (cls) => {
    if (typeof options.contract !== 'function') throw refused(cls.name, '@Projection was given no contract');
    declareProjection(cls, { ...options, name });
  };
}

/** Decorates a method that can take these arguments, and then the projected event with the transaction to write in. */
export type ProjectDecorator<Args extends readonly unknown[]> = <
  F extends (...args: [...Args, ProjectedEvent<never>]) => unknown,
>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

/**
 * Makes a method of a projection take in an event, named by a selector or by its method's name:
 * `@Project(Users, (e) => e.userAdded)`. The method is given the event's arguments, then a `ProjectedEvent`, whose `tx` is
 * the transaction that holds the checkpoint, too: what it does with it happens exactly once.
 */
export function Project<C extends object, Args extends readonly unknown[]>(
  contract: ContractClass<C>,
  event: EventSelector<C, Args>,
): ProjectDecorator<Args>;
/** Makes a method take in the event whose contract method has this name. */
export function Project<C extends object, K extends EventName<C>>(
  contract: ContractClass<C>,
  event: K,
): ProjectDecorator<EventArgs<C, K>>;
export function Project(
  contract: ContractClass,
  event: string | ((events: never) => unknown),
): ProjectDecorator<readonly never[]> {
  return (target, method) => {
    const where = `${target.constructor.name}.${String(method)}`;
    if (typeof contract !== 'function') {
      throw refused(
        where,
        '@Project was given no contract; if its file is imported in a circle, give the contract a file of its own',
      );
    }
    if (typeof target === 'function' || typeof method === 'symbol') {
      throw refused(where, '@Project belongs on methods of instances that have a name');
    }
    declareProject(target, method, { contract, event });
  };
}

function refused(where: string, why: string): BackboneError {
  return new BackboneError('EB_HANDLER', `${where}: ${why}`);
}
