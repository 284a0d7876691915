import {
  BackboneError,
  checkedName,
  describeContract,
  eventOfMethod,
  eventsByType,
  type ContractClass,
  type ContractDefinition,
  type Erasure,
  type EventArgs,
  type EventDefinition,
  type EventName,
} from '../core/index.js';
import type { ProjectedEvent } from './projected-event.js';

/** How the events of one type change a read model. */
export interface ProjectionHandler<Transaction = unknown> {
  readonly event: EventDefinition;
  /** Runs the user's code; what it throws or rejects with is the event's failure. */
  project(args: unknown[], projected: ProjectedEvent<Transaction>): unknown;
}

/** Turns the events of one stream into a read model. */
export interface Projection<Transaction = unknown> {
  /** Unique in its read model. */
  readonly name: string;
  /** The contract whose stream it reads. */
  readonly contract: ContractDefinition;
  readonly handlers: readonly ProjectionHandler<Transaction>[];
  /** Makes the tables, in the transaction that begins the model anew. Without it the model cannot be made anew. */
  readonly create?: (transaction: Transaction) => Promise<void>;
  /** Changes when tables or handlers change so that the model must be made anew. From 1 on. */
  readonly version: number;
}

/** The events that a projection handles, by the names of the contract's methods. */
export type ProjectionMethods<C, Transaction> = {
  readonly [K in EventName<C>]?: (...args: [...EventArgs<C, K>, ProjectedEvent<Transaction>]) => unknown;
} & {
  /** What was erased from the events of the stream. */
  readonly $erased?: (erasure: Erasure, projected: ProjectedEvent<Transaction>) => unknown;
};

/** What a projection of one contract is made of. */
export interface ProjectionSource<C, Transaction> {
  readonly name: string;
  readonly create?: (transaction: Transaction) => Promise<void>;
  readonly version?: number;
  readonly on: ProjectionMethods<C, Transaction>;
}

/**
 * Describes a projection without a framework: `on` holds a function for each event, which is given the event's arguments
 * and then the {@link ProjectedEvent} with the transaction to write in.
 *
 * @throws BackboneError `EB_NAME`, `EB_CONTRACT`, `EB_OPTIONS`
 */
export function defineProjection<C extends object, Transaction>(
  contract: ContractClass<C>,
  { name, create, version = 1, on }: ProjectionSource<C, Transaction>,
): Projection<Transaction> {
  const definition = describeContract(contract);
  const methods = Object.entries(on as Record<string, ((...args: unknown[]) => unknown) | undefined>);
  const handlers = methods.flatMap(([method, run]) => {
    const event = eventOfMethod(definition, method);
    if (!event) throw refused(name, `${contract.name} has no event ${method}`);
    if (!run) return [];
    const handler: ProjectionHandler<Transaction> = { event, project: (args, projected) => run(...args, projected) };
    return [handler];
  });
  return checkedProjection({ name, contract: definition, handlers, create, version });
}

/** Returns the types that a projection reads, older versions that are read as one of them included. */
export function handledTypes<Transaction>({ handlers }: Projection<Transaction>): readonly string[] {
  return [...eventsByType(handlers.map(({ event }) => event)).keys()];
}

/**
 * Returns the projection if it can work.
 *
 * @throws BackboneError `EB_NAME`, `EB_OPTIONS`
 */
export function checkedProjection<Transaction>(projection: Projection<Transaction>): Projection<Transaction> {
  const { name, contract, handlers, version } = projection;
  checkedName('projection name', name);
  if (handlers.length === 0) throw refused(name, 'it handles no event');
  if (!Number.isSafeInteger(version) || version < 1) throw refused(name, '`version` must be a whole number from 1');
  const types = new Set<string>();
  for (const { event } of handlers) {
    if (event.contract.name !== contract.name) {
      throw refused(name, `${event.type} is in the stream ${event.contract.name}, and it reads ${contract.name}`);
    }
    if (types.has(event.type)) throw refused(name, `it handles ${event.type} twice`);
    types.add(event.type);
  }
  return projection;
}

function refused(name: string, why: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `the projection ${name}: ${why}`, { details: { path: name } });
}
