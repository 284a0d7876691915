import { BackboneError, type PayloadStore } from '../core/index.js';
import {
  keyOf,
  keyRecordBytes,
  keysOfShard,
  parseKeyRecord,
  tombstoneOf,
  type KeyName,
  type KeyRecord,
} from './key-record.js';

/** How a data key stands: `returned` was erased, and somebody has put it back. */
export type KeyStanding = 'alive' | 'gone' | 'returned';

/** The wrapped data keys in their store, and the names of those that were erased. */
export class StoredKeys {
  readonly #store: PayloadStore;

  constructor(store: PayloadStore) {
    this.#store = store;
  }

  /** The present keys of people, erased or not; nothing for those who have none. */
  async present(pseudonyms: readonly string[]): Promise<readonly KeyRecord[]> {
    const values = await this.#store.get(pseudonyms.map(keyOf));
    return pseudonyms.flatMap((pseudonym, i) => {
      const value = values[i];
      return value ? [readRecord(pseudonym, value)] : [];
    });
  }

  /** For each name what became of the key: `undefined` for one that is gone and was not erased. */
  async named(names: readonly KeyName[]): Promise<readonly (KeyRecord | 'erased' | BackboneError | undefined)[]> {
    const values = await this.#both(names);
    return names.map(({ pseudonym, keyId }, i) => {
      const [mark, value] = values[i] ?? [];
      if (mark) return 'erased';
      const record = value && parseKeyRecord(pseudonym, value);
      if (value && !record) return notAKey();
      return record?.keyId === keyId ? record : undefined;
    });
  }

  /** For each name how the key stands. */
  async standing(names: readonly KeyName[]): Promise<readonly KeyStanding[]> {
    const values = await this.#both(names);
    return names.map(({ pseudonym, keyId }, i) => {
      const [mark, value] = values[i] ?? [];
      if (!value || parseKeyRecord(pseudonym, value)?.keyId !== keyId) return 'gone';
      return mark ? 'returned' : 'alive';
    });
  }

  /** Those of the keys that were erased. */
  async erased<K extends KeyName>(keys: readonly K[]): Promise<readonly K[]> {
    if (keys.length === 0) return [];
    const marks = await this.#store.get(keys.map(tombstoneOf));
    return keys.filter((_, i) => marks[i] !== undefined);
  }

  async put(records: readonly KeyRecord[], options?: { readonly ifAbsent: boolean }): Promise<void> {
    const entries = records.map((record) => ({ ...keyOf(record.pseudonym), value: keyRecordBytes(record) }));
    await this.#store.put(entries, options);
  }

  /** Remembers that a key was erased. */
  async bury(name: KeyName): Promise<void> {
    await this.#store.put([{ ...tombstoneOf(name), value: Buffer.of(1) }]);
  }

  async remove(keys: readonly KeyName[]): Promise<void> {
    if (keys.length > 0) await this.#store.erase(keys.map(({ pseudonym }) => keyOf(pseudonym)));
  }

  /** The pseudonyms of one part that have a key. */
  async listed(shard: number): Promise<readonly string[]> {
    return (await this.#store.list(keysOfShard(shard))).map(({ field }) => field);
  }

  /** Mark and record of each name, in one look. */
  async #both(
    names: readonly KeyName[],
  ): Promise<readonly (readonly [Uint8Array | undefined, Uint8Array | undefined])[]> {
    const values = await this.#store.get(names.flatMap((name) => [tombstoneOf(name), keyOf(name.pseudonym)]));
    return names.map((_, i) => [values[2 * i], values[2 * i + 1]]);
  }
}

/** The error of a record that is none. */
export function notAKey(): BackboneError {
  return new BackboneError('EB_TAMPERED', 'the key store holds something in the place of a data key that is none');
}

function readRecord(pseudonym: string, value: Uint8Array): KeyRecord {
  const record = parseKeyRecord(pseudonym, value);
  if (record) return record;
  throw notAKey();
}
