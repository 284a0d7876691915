import {
  argumentOfField,
  BackboneError,
  isSealed,
  newFields,
  type ContractDefinition,
  type EventDefinition,
  type Message,
  type Stream,
} from '../core/index.js';
import type { DataKey } from './key-ring.js';
import { seal } from './sealed-field.js';
import { subjectsOf, type SubjectOptions } from './subjects-of.js';

/** Which fields are to be encrypted. */
export interface SealingOptions extends SubjectOptions {
  /** The contracts whose `@Stored({ encrypted: true })` arguments are encrypted although they are not personal. */
  readonly contracts?: () => Iterable<ContractDefinition>;
}

/** A field that is to be encrypted, and under whose key. */
export interface FieldToSeal {
  readonly field: string;
  readonly value: string | Uint8Array;
  readonly pseudonym: string;
}

const NONE: readonly never[] = Object.freeze([]);

/**
 * Finds the fields of a message to encrypt, and whose keys are for them: a person's, or the event's own.
 *
 * @throws BackboneError `EB_ARGUMENT` for one that was encrypted elsewhere: nobody would ever decrypt it twice.
 */
export function fieldsToSeal(options: SealingOptions, stream: Stream, message: Message): readonly FieldToSeal[] {
  const names = encryptedFields(options, stream, message);
  if (names.length === 0) return NONE;
  const subjects = subjectsOf(message, options);
  let ofEvent: string | undefined;
  const found: FieldToSeal[] = [];
  for (const field of names) {
    const value = Object.hasOwn(message.fields, field) ? message.fields[field] : undefined;
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) continue;
    if (isSealed(value)) throw sealedAlready(message, field);
    const pseudonym = subjects.get(field) ?? (ofEvent ??= options.pseudonyms.ofEvent(stream, message.id));
    found.push({ field, value, pseudonym });
  }
  return found;
}

/** Encrypts what was found in messages, in copies of these. */
export function sealAll(
  { contract }: Stream,
  messages: readonly Message[],
  found: readonly (readonly FieldToSeal[])[],
  keys: ReadonlyMap<string, DataKey>,
): readonly Message[] {
  return messages.map((message, i) => {
    const own = found[i] ?? NONE;
    if (own.length === 0) return message;
    const fields = Object.assign(newFields(), message.fields);
    for (const { field, value, pseudonym } of own) {
      const key = keys.get(pseudonym);
      if (!key) throw new BackboneError('EB_NOT_STORED', 'a data key is missing; nothing was appended');
      fields[field] = seal(value, pseudonym, key, { contract, eventId: message.id, field });
    }
    return { ...message, fields };
  });
}

function sealedAlready({ type }: Message, field: string): BackboneError {
  const message =
    `argument "${field}" of ${type} is encrypted already; when events are relayed, give the connection that they are read ` +
    'from its `privacy: { secret, keys }`; nothing was stored';
  return new BackboneError('EB_ARGUMENT', message, { details: { path: field, constraint: 'not encrypted' } });
}

function encryptedFields({ contracts }: SealingOptions, stream: Stream, message: Message): readonly string[] {
  const event = contracts && eventNamed(contracts(), stream.contract, message.type);
  if (!event?.arguments.some(({ stored }) => stored?.encrypted === true)) return message.personal;
  const more = Object.keys(message.fields).filter(
    (field) => !message.personal.includes(field) && argumentOfField(event, field)?.stored?.encrypted === true,
  );
  return [...message.personal, ...more];
}

function eventNamed(
  contracts: Iterable<ContractDefinition>,
  stream: string,
  type: string,
): EventDefinition | undefined {
  for (const { name, byType } of contracts) {
    const event = name === stream ? byType.get(type) : undefined;
    if (event) return event;
  }
  return undefined;
}
