import type { Codec } from './codec.js';
import type { Erasure } from './erasure.js';
import type { ContractDefinition, EventDefinition } from './event-definition.js';
import { derivedUuid } from './event-id.js';
import { newFields, NO_HEADERS, type Message } from './message.js';
import { ANY_SHAPE } from './shape.js';

/** Returns the event that tells a contract's consumers what was erased: they select it by `(e) => e.$erased`. */
export function erasedEvent(contract: ContractDefinition): EventDefinition {
  let event = EVENTS.get(contract);
  if (!event) {
    const erasure = Object.freeze({ field: 'erasure', shape: ANY_SHAPE, personal: false, erasable: false });
    event = Object.freeze({
      ...{ contract, method: METHOD, name: METHOD, version: 1, type: TYPE },
      arguments: Object.freeze([erasure]),
      personal: Object.freeze([]),
    });
    EVENTS.set(contract, event);
  }
  return event;
}

/** Returns the event of this method, `$erased` among them; `undefined` when the contract has none. */
export function eventOfMethod(contract: ContractDefinition, method: string): EventDefinition | undefined {
  return contract.byMethod.get(method) ?? (method === METHOD ? erasedEvent(contract) : undefined);
}

/** Returns the event that a type is read as, `$erased.v1` among them; `undefined` when the contract knows no such type. */
export function eventOfType(contract: ContractDefinition, type: string): EventDefinition | undefined {
  return contract.readable.get(type) ?? (type === TYPE ? erasedEvent(contract) : undefined);
}

/** Tells whether an event says what was erased. */
export function tellsErasure({ type }: Pick<Message, 'type'>): boolean {
  return type.startsWith(`${METHOD}.`);
}

/** The header of an `$erased` event that names whom it is about, by the pseudonym: known also where no field was fetched. */
export const ERASED_SUBJECT = 'erased-subject';

/** What an erasure's message is made of. */
export interface ErasureMessage {
  /** The key of the events that were erased. */
  readonly key: string;
  readonly erasure: Erasure;
  readonly codec: Codec;
  /** The application that erased them. */
  readonly source: string;
}

/**
 * Makes the `$erased` event of a stream. Its id comes from what was erased and not from when, so that whoever repeats an
 * erasure appends it once.
 */
export function erasureMessage(contract: ContractDefinition, { key, erasure, codec, source }: ErasureMessage): Message {
  const { subject = '', events, fields, time } = erasure;
  const headers = subject === '' ? NO_HEADERS : { [ERASED_SUBJECT]: subject };
  const { personal, type } = erasedEvent(contract);
  const id = derivedUuid([contract.name, type, key, subject, fields.length, ...fields, ...events].join('\n'));
  const encoded = newFields();
  encoded['erasure'] = codec.encode(erasure);
  return {
    ...{ id, source, type, time, key, correlationId: id, contentType: codec.contentType, headers },
    fields: encoded,
    personal,
  };
}

const METHOD = '$erased';
const TYPE = '$erased.v1';
// Derived from the contract alone and forgotten with it: no state of any application.
const EVENTS = new WeakMap<ContractDefinition, EventDefinition>();
