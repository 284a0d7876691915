import {
  BackboneError,
  ERASED_SUBJECT,
  isBackboneError,
  tellsErasure,
  type FieldTransform,
  type Message,
} from '../core/index.js';
import { fieldsToSeal, sealAll, type SealingOptions } from './fields-to-seal.js';
import type { KeyName } from './key-record.js';
import type { DataKey, KeyRing } from './key-ring.js';
import { KeysInHand, keysForWriting } from './keys-in-hand.js';
import { notStored } from './not-stored.js';
import { keyNames, openedMessage, type Opening } from './opened-message.js';

/** What encryption needs. */
export interface FieldEncryptionOptions extends SealingOptions {
  readonly ring: KeyRing;
  /** False to read what was encrypted before and to write as it comes. Default true. */
  readonly encrypt?: boolean;
}

const NO_KEYS: ReadonlyMap<string, DataKey> = new Map();

/**
 * Encrypts personal fields on their way out under the key of their data subject, and those that belong to nobody under a
 * key of their event; brings them back on their way in. A field whose key was erased is `erased`; what was never encrypted
 * stays as it is.
 */
export function fieldEncryption(options: FieldEncryptionOptions): FieldTransform {
  const { ring, encrypt = true } = options;
  const inHand = new KeysInHand();
  /** Opens a message and notes what with. */
  const openedWith = (message: Message, opening: Omit<Opening, 'onOpened'>) => {
    const names: KeyName[] = [];
    const opened = openedMessage(message, { ...opening, onOpened: (name) => names.push(name) });
    if (names.length > 0 && opened && !isBackboneError(opened)) inHand.note(opened, names);
    return opened;
  };
  return {
    personal: { noted: encrypt, encrypted: encrypt },

    outward(stream, messages) {
      if (!encrypt) return messages;
      const fields = messages.map((message) => fieldsToSeal(options, stream, message));
      const keys = new Map<string, DataKey>();
      const missing = new Set<string>();
      const read = new Map<string, KeyName>();
      const ofCause = inHand.ofCurrentEvent();
      for (const own of fields) {
        for (const { pseudonym } of own) {
          const key = keys.get(pseudonym) ?? ring.cached(pseudonym);
          const name = ofCause.get(pseudonym);
          if (key && (!name || key.id === name.keyId)) keys.set(pseudonym, key);
          else if (name) read.set(pseudonym, name);
          else missing.add(pseudonym);
        }
      }
      if (missing.size + read.size === 0) return sealAll(stream, messages, fields, keys);
      const made = missing.size === 0 ? NO_KEYS : ring.forWriting([...missing]);
      const found = read.size === 0 ? NO_KEYS : keysForWriting(ring, [...read.values()]);
      return Promise.all([made, found])
        .catch(notStored('the key store'))
        .then((more) => sealAll(stream, messages, fields, new Map([keys, ...more].flatMap((some) => [...some]))));
    },

    inward({ contract }, messages, wanted) {
      for (const message of messages) {
        // One that names nobody is about a single event, or an older build's: then no key may be remembered.
        if (tellsErasure(message)) ring.forget(message.headers[ERASED_SUBJECT]);
      }
      const atHand = (name: KeyName) => {
        const key = ring.cached(name.pseudonym);
        return key?.id === name.keyId ? key : undefined;
      };
      const first = messages.map((message) => openedWith(message, { contract, wanted, keyOf: atHand }));
      if (first.every((one) => one !== undefined)) return first;
      const names = messages.flatMap((message, i) => (first[i] ? [] : keyNames(message, wanted)));
      const missing = new Map(names.map((name) => [nameOf(name), name]));
      return ring.forReading([...missing.values()]).then((found) => {
        const keys = new Map([...missing.keys()].map((name, i) => [name, found[i]]));
        const opening = { contract, wanted, keyOf: (name: KeyName) => keys.get(nameOf(name)) };
        return messages.map((message, i) => first[i] ?? openedWith(message, opening) ?? notFound());
      });
    },
  };
}

/** The store has answered for each of them: this never happens, and would show what is encrypted if it were let pass. */
function notFound(): BackboneError {
  return new BackboneError('EB_TAMPERED', 'an argument is encrypted under a key that has no name');
}

/** Tells the key of one person from those of all others, and from those that he had before. */
function nameOf({ pseudonym, keyId }: KeyName): string {
  return `${pseudonym}.${keyId}`;
}
