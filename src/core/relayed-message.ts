import type { Codec } from './codec.js';
import { dataSubjects } from './data-subjects.js';
import { BackboneError } from './errors.js';
import { decodeArguments } from './event-arguments.js';
import type { ContractDefinition, EventDefinition } from './event-definition.js';
import { undecodable } from './event-field.js';
import type { Message } from './message.js';

/** How the events of a stream are read. */
export interface RelayedContracts {
  readonly contracts: Iterable<ContractDefinition>;
  /** The stream's contract. */
  readonly contract: string;
  readonly codec: Codec;
}

/**
 * Makes the message of an event that was read as its producer would send it: it says whose data its personal fields hold,
 * and what its contract calls personal by now is so. Fields that were erased stay away.
 *
 * @throws BackboneError `EB_ARGUMENT` when nobody can tell whose data it is, `EB_UNDECODABLE`.
 */
export function relayedMessage(message: Message, { contracts, contract, codec }: RelayedContracts): Message {
  const event = eventNamed(contracts, contract, message.type);
  const personal = event ? [...new Set([...message.personal, ...event.personal])] : message.personal;
  if (!personal.some((field) => Object.hasOwn(message.fields, field))) return message;
  if (!event) throw unknownSubjects(message);
  if (event.arguments.every(({ subject }) => !subject)) return { ...message, personal };
  const { type, contentType, fields, erased } = message;
  if (contentType !== codec.contentType) {
    const [field = ''] = personal;
    throw undecodable(
      type,
      field,
      `it is ${contentType}, and the relay reads ${codec.contentType}; give it that codec`,
    );
  }
  const args = decodeArguments(event, fields, codec, erased);
  return { ...message, personal, dataSubjects: dataSubjects(event, args, fields) };
}

function eventNamed(
  contracts: Iterable<ContractDefinition>,
  contract: string,
  type: string,
): EventDefinition | undefined {
  for (const { name, byType } of contracts) {
    const event = name === contract ? byType.get(type) : undefined;
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
