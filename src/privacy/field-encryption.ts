import {
  BackboneError,
  jsonCodec,
  type Codec,
  type Erasure,
  type FieldTransform,
  type Message,
} from '../core/index.js';
import { fieldsToSeal, sealAll, type SealingOptions } from './fields-to-seal.js';
import type { KeyName } from './key-record.js';
import type { DataKey, KeyRing } from './key-ring.js';
import { notStored } from './not-stored.js';
import { keyNames, openedMessage } from './opened-message.js';

/** What encryption needs. */
export interface FieldEncryptionOptions extends SealingOptions {
  readonly ring: KeyRing;
  /** False to read what was encrypted before and to write as it comes. Default true. */
  readonly encrypt?: boolean;
  /** How `$erased` events are written. Default JSON. */
  readonly codec?: Codec;
}

/**
 * Encrypts personal fields on their way out under the key of their data subject, and those that belong to nobody under a
 * key of their event; brings them back on their way in. A field whose key was erased is `erased`; what was never encrypted
 * stays as it is.
 */
export function fieldEncryption(options: FieldEncryptionOptions): FieldTransform {
  const { ring, codec = jsonCodec } = options;
  return {
    outward(stream, messages) {
      if (options.encrypt === false) return messages;
      const fields = messages.map((message) => fieldsToSeal(options, stream, message));
      const keys = new Map<string, DataKey>();
      const missing = new Set<string>();
      for (const own of fields) {
        for (const { pseudonym } of own) {
          const key = keys.get(pseudonym) ?? ring.cached(pseudonym);
          if (key) keys.set(pseudonym, key);
          else missing.add(pseudonym);
        }
      }
      if (missing.size === 0) return sealAll(stream, messages, fields, keys);
      return ring
        .forWriting([...missing])
        .catch(notStored('the key store'))
        .then((made) => sealAll(stream, messages, fields, new Map([...keys, ...made])));
    },

    inward({ contract }, messages, wanted) {
      for (const message of messages) {
        if (message.type.startsWith('$erased.')) ring.forget(erasedSubject(message, codec));
      }
      const atHand = (name: KeyName) => {
        const key = ring.cached(name.pseudonym);
        return key?.id === name.keyId ? key : undefined;
      };
      const first = messages.map((message) => openedMessage(message, { contract, wanted, keyOf: atHand }));
      if (first.every((one) => one !== undefined)) return first;
      const names = messages.flatMap((message, i) => (first[i] ? [] : keyNames(message, wanted)));
      const missing = new Map(names.map((name) => [nameOf(name), name]));
      return ring.forReading([...missing.values()]).then((found) => {
        const keys = new Map([...missing.keys()].map((name, i) => [name, found[i]]));
        const opening = { contract, wanted, keyOf: (name: KeyName) => keys.get(nameOf(name)) };
        return messages.map((message, i) => first[i] ?? openedMessage(message, opening) ?? notFound());
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

/** Whom an `$erased` event is about; `undefined` when it does not say: then nobody's key may be remembered. */
function erasedSubject({ fields }: Message, codec: Codec): string | undefined {
  const value = fields['erasure'];
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return undefined;
  try {
    const erasure = codec.decode(value) as Partial<Erasure> | null;
    return typeof erasure?.subject === 'string' ? erasure.subject : undefined;
  } catch {
    return undefined;
  }
}
