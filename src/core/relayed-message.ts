import type { Codec } from './codec.js';
import { dataSubjects } from './data-subjects.js';
import { BackboneError } from './errors.js';
import { decodeArguments } from './event-arguments.js';
import type { ContractDefinition, EventDefinition } from './event-definition.js';
import { undecodable } from './event-field.js';
import type { Message } from './message.js';
import { upcastPersonal } from './upcast-personal.js';

/** How the events of a stream are read. */
export interface RelayedContracts {
  readonly contracts: Iterable<ContractDefinition>;
  /** The stream's contract. */
  readonly contract: string;
  readonly codec: Codec;
}

/**
 * Makes the message of an event that was read as its producer would send it: it says whose data its personal fields hold,
 * and what its contract calls personal by now is so. An event of an older version stays one: its fields are as personal as
 * the arguments that are made of them. Fields that were erased stay away.
 *
 * @throws BackboneError `EB_ARGUMENT` when nobody can tell whose data it is, `EB_UNDECODABLE`.
 */
export function relayedMessage(message: Message, { contracts, contract, codec }: RelayedContracts): Message {
  const event = eventNamed(contracts, contract, message.type);
  const isOlder = event !== undefined && event.type !== message.type;
  const isPersonal = (names: readonly string[]) => names.some((field) => Object.hasOwn(message.fields, field));
  if (!isOlder) {
    const personal = event ? [...new Set([...message.personal, ...event.personal])] : message.personal;
    if (!isPersonal(personal)) return message;
    if (!event) throw unknownSubjects(message);
    if (event.arguments.every(({ subject }) => !subject)) return { ...message, personal };
    const args = decodeArguments(event, readable(message, codec, personal), codec);
    return { ...message, personal, dataSubjects: dataSubjects(event, args, message.fields) };
  }
  if (!isPersonal(message.personal) && event.personal.length === 0) return message;
  return upcastPersonal(event, readable(message, codec, message.personal), codec);
}

/** @throws BackboneError `EB_UNDECODABLE` for fields that the relay cannot read. */
function readable(message: Message, codec: Codec, [field = '']: readonly string[]): Message {
  if (message.contentType === codec.contentType) return message;
  const why = `it is ${message.contentType}, and the relay reads ${codec.contentType}; give it that codec`;
  throw undecodable(message.type, field, why);
}

function eventNamed(
  contracts: Iterable<ContractDefinition>,
  contract: string,
  type: string,
): EventDefinition | undefined {
  for (const { name, readable } of contracts) {
    const event = name === contract ? readable.get(type) : undefined;
    if (event) return event;
  }
  return undefined;
}

function unknownSubjects({ type }: Message): BackboneError {
  const message =
    `nobody can tell whose data ${type} holds, since no contract of the relay has it; give the relay the contract ` +
    'that has it and redrive the event; nothing was stored';
  return new BackboneError('EB_ARGUMENT', message, { details: { path: type, constraint: 'subject' } });
}
