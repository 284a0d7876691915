import { isBackboneError, newFields, type BackboneError, type FieldValue, type Message } from '../core/index.js';
import type { KeyName } from './key-record.js';
import type { FoundKey } from './key-ring.js';
import { open, parseSealed } from './sealed-field.js';

/** How to open a message. */
export interface Opening {
  readonly contract: string;
  /** The fields that are wanted; all when absent. */
  readonly wanted: readonly string[] | undefined;
  /** The key of a field; `undefined` for one that is not at hand. */
  readonly keyOf: (name: KeyName) => FoundKey | undefined;
  /** Is told which key a field was opened with. */
  readonly onOpened: (name: KeyName) => void;
}

/**
 * Opens the encrypted fields of a message, in a copy: what was erased is taken out and named. Returns the message itself
 * where nothing is encrypted, the reason where it can never be read, and `undefined` where a key is not at hand.
 */
export function openedMessage(
  message: Message,
  { contract, wanted, keyOf, onOpened }: Opening,
): Message | BackboneError | undefined {
  let fields: Record<string, FieldValue> | undefined;
  let erased: string[] | undefined;
  try {
    for (const field in message.fields) {
      if (wanted && !wanted.includes(field)) continue;
      const sealed = parseSealed(message.fields[field]);
      if (!sealed) continue;
      const key = keyOf(sealed);
      if (!key) return undefined;
      if (isBackboneError(key)) return key;
      fields ??= Object.assign(newFields(), message.fields);
      if (key !== 'erased') {
        fields[field] = open(sealed, key, { contract, eventId: message.id, field });
        onOpened(sealed);
      } else {
        Reflect.deleteProperty(fields, field);
        erased ??= (message.erased ?? []).filter((name) => name !== field);
        erased.push(field);
      }
    }
  } catch (error) {
    if (isBackboneError(error)) return error;
    throw error;
  }
  if (!fields) return message;
  return erased ? { ...message, fields, erased } : { ...message, fields };
}

/** The names of all keys of a message, also of those at hand: they may be so no longer when the others have come. */
export function keyNames({ fields }: Message, wanted: readonly string[] | undefined): readonly KeyName[] {
  return Object.keys(fields).flatMap((field) => {
    if (wanted && !wanted.includes(field)) return [];
    try {
      return parseSealed(fields[field]) ?? [];
    } catch {
      // What is wrong with it is told when the message is opened.
      return [];
    }
  });
}
