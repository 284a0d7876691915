import {
  eventOfMethod,
  eventOfType,
  jsonCodec,
  type ArgumentDefinition,
  type ContractDefinition,
  type EventDefinition,
  type Receipt,
} from '../core/index.js';
import type { Connection } from '../nest/connection.js';
import { CommandFailure, EXIT } from './command-failure.js';
import type { GivenEvent } from './given-events.js';

type Method = (...args: readonly unknown[]) => Promise<Receipt>;

/**
 * Appends an event as the application's own producer does: its arguments are checked, encrypted and routed.
 *
 * @throws CommandFailure for an event or an argument that the contracts do not have.
 */
export function appendEvent(
  connection: Connection,
  contracts: readonly ContractDefinition[],
  { event: name, args, key, id, headers }: GivenEvent,
): Promise<Receipt> {
  const event = eventNamed(name, contracts);
  const unknown = Object.keys(args).find((given) => !event.arguments.some(({ field }) => field === given));
  if (unknown !== undefined) {
    const known = event.arguments.map(({ field }) => field).join(', ');
    throw new CommandFailure(`${event.type} has no argument of a name that was given; it has ${known}`);
  }
  const values = event.arguments.map((argument) => revived(event, argument, args[argument.field]));
  const producer = connection.producer(event.contract.cls).$with({
    ...(key !== undefined && { key }),
    ...(id !== undefined && { eventId: id }),
    ...(headers && { headers }),
  });
  const method = (producer as unknown as Readonly<Record<string, Method>>)[event.method];
  if (!method) throw new CommandFailure(`${event.type} has no producer`);
  return method(...values);
}

function eventNamed(name: string, contracts: readonly ContractDefinition[]): EventDefinition {
  for (const contract of contracts) {
    const event = eventOfMethod(contract, name) ?? eventOfType(contract, name);
    if (event && contract.byType.has(event.type)) return event;
  }
  const known = contracts.flatMap(({ byMethod }) => [...byMethod.keys()]).join(', ');
  throw new CommandFailure(`the stream has no event of this name; there are ${known}`);
}

/** Makes of plain JSON what the argument's type asks for: of a text a Date. */
function revived(event: EventDefinition, { field, shape }: ArgumentDefinition, given: unknown): unknown {
  if (given === undefined) return undefined;
  try {
    const value = jsonCodec.decode(JSON.stringify(given));
    return shape.plain || value === null ? value : shape.revive(value, field);
  } catch (error) {
    throw new CommandFailure(`the argument "${field}" of ${event.type} does not fit ${shape.name}`, EXIT.refused, {
      cause: error,
    });
  }
}
