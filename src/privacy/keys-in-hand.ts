import { createSecretKey, randomBytes } from 'node:crypto';
import { currentEvent, isBackboneError, type Message } from '../core/index.js';
import type { KeyName } from './key-record.js';
import type { DataKey, KeyRing } from './key-ring.js';

const NOTHING: ReadonlyMap<string, KeyName> = new Map();

/**
 * Remembers which keys the events that are being handled were read with. What a handler produces about the same person is
 * encrypted under the same key: when the person is erased meanwhile, that is erased, too, and does not come back under a new one.
 */
export class KeysInHand {
  readonly #names = new WeakMap<Message, Map<string, KeyName>>();

  /** Notes the keys of an event that was read. */
  note(message: Message, names: readonly KeyName[]): void {
    this.#names.set(message, new Map(names.map(({ pseudonym, keyId }) => [pseudonym, { pseudonym, keyId }])));
  }

  /** The keys of the event that is being handled, by pseudonym. */
  ofCurrentEvent(): ReadonlyMap<string, KeyName> {
    const metadata = currentEvent()?.metadata as Message | undefined;
    return (metadata && this.#names.get(metadata)) ?? NOTHING;
  }
}

/** The keys of these names to write under; of those that were erased, ones that nobody will ever have again. */
export async function keysForWriting(ring: KeyRing, names: readonly KeyName[]): Promise<ReadonlyMap<string, DataKey>> {
  const found = await ring.forReading(names);
  return new Map(
    names.map(({ pseudonym, keyId }, i) => {
      const key = found[i];
      if (isBackboneError(key)) throw key;
      const usable = key === 'erased' || key === undefined ? lostKey(keyId) : key;
      return [pseudonym, usable] as const;
    }),
  );
}

function lostKey(id: string): DataKey {
  return { id, key: createSecretKey(randomBytes(32)) };
}
