import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { BackboneError, isBackboneError, type PayloadStore } from '../core/index.js';
import { BoundedCache } from './bounded-cache.js';
import { KEY_ID_BYTES, type KeyName, type KeyRecord } from './key-record.js';
import { rotateKeys, type Rotation, type RotationOptions } from './key-rotation.js';
import { onceDone, verifyStore, type StoredCheck } from './store-check.js';
import { notAKey, StoredKeys, type KeyStanding } from './stored-keys.js';
import { LocalWrapping, wrappingChecks, type KeyWrapper, type WrappingKeys } from './wrapping.js';

/** Where data keys are kept and how. */
export interface KeyRingOptions {
  readonly store: PayloadStore;
  readonly wrapping: KeyWrapper | WrappingKeys;
  /** How many unwrapped keys are remembered. Default 1,000. */
  readonly cacheSize?: number;
  /** For how long: until then another process may go on using a key that was erased. Default 60,000. */
  readonly cacheMs?: number;
}

/** An AES-256 key of a data subject, or of one event. */
export interface DataKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** What became of a data key that is asked for: here, erased, or why its data can never be read. */
export type FoundKey = DataKey | 'erased' | BackboneError;

const MOST_ROUNDS = 5;

/** Gives each person a data key, known by the person's pseudonym, wrapped in a payload store; erases it for good. */
export class KeyRing {
  /** Makes sure that the store belongs to these options; once it has succeeded, it costs nothing. */
  readonly verify: () => Promise<void>;
  readonly #keys: StoredKeys;
  readonly #wrapping: KeyWrapper;
  readonly #cache: BoundedCache<DataKey>;
  /** How often keys were forgotten: what was read before that is not remembered after. */
  #forgotten = 0;

  /**
   * `checks` are more things that must fit the store.
   *
   * @throws BackboneError `EB_OPTIONS`
   */
  constructor(options: KeyRingOptions, checks: readonly StoredCheck[] = [], now: () => number = Date.now) {
    const { store, wrapping, cacheSize = 1_000, cacheMs = 60_000 } = options;
    this.#keys = new StoredKeys(store);
    this.#wrapping = 'current' in wrapping ? new LocalWrapping(wrapping) : wrapping;
    this.#cache = new BoundedCache(cacheSize, cacheMs, now);
    this.verify = onceDone(() => verifyStore(store, [...checks, ...wrappingChecks(this.#wrapping)]));
  }

  /** A key that is at hand. */
  cached(pseudonym: string): DataKey | undefined {
    return this.#cache.get(pseudonym);
  }

  /** The keys to encrypt under, by pseudonym; those that are missing are made. Several processes get the same. */
  async forWriting(pseudonyms: readonly string[]): Promise<ReadonlyMap<string, DataKey>> {
    await this.verify();
    const found = new Map<string, DataKey>();
    const made = new Set<string>();
    let missing = [...new Set(pseudonyms)];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const before = this.#forgotten;
      const present = await this.#keys.present(missing);
      // Somebody was stopped in the middle of an erasure: what is written under such a key would count as erased.
      const erased = await this.#keys.erased(present.filter(({ keyId }) => !made.has(keyId)));
      await this.#keys.remove(erased);
      const alive = present.filter((record) => !erased.includes(record));
      for (const record of alive) found.set(record.pseudonym, await this.#unwrapped(record, before));
      missing = missing.filter((pseudonym) => !found.has(pseudonym));
      if (missing.length === 0) return found;
      await this.#make(missing, made);
    }
    throw new BackboneError('EB_NOT_STORED', 'data keys vanish from the key store as soon as they are made');
  }

  /** The keys that something was encrypted under, in order; one look into the store for all of them. */
  async forReading(names: readonly KeyName[]): Promise<readonly FoundKey[]> {
    await this.verify();
    const before = this.#forgotten;
    const found = await this.#keys.named(names);
    return Promise.all(
      found.map(async (one) => {
        if (one === undefined) return keyLost();
        if (one === 'erased' || isBackboneError(one)) return one;
        try {
          return await this.#unwrapped(one, before);
        } catch (error) {
          if (isBackboneError(error, 'EB_TAMPERED')) return error;
          throw error;
        }
      }),
    );
  }

  /** Tells which key somebody has at present. */
  async currentKeyId(pseudonym: string): Promise<string | undefined> {
    await this.verify();
    const [record] = await this.#keys.present([pseudonym]);
    return record?.keyId;
  }

  /** Erases a key for good; its name is remembered. False when that person has another one, or none. */
  async erase(name: KeyName): Promise<boolean> {
    // First the mark: between the two a reader would take the data for lost.
    await this.#keys.bury(name);
    const isCurrent = (await this.currentKeyId(name.pseudonym)) === name.keyId;
    if (isCurrent) await this.#keys.remove([name]);
    this.forget(name.pseudonym);
    return isCurrent;
  }

  /** How keys stand in the store. */
  standing(names: readonly KeyName[]): Promise<readonly KeyStanding[]> {
    return this.#keys.standing(names);
  }

  /** Forgets somebody's key in this process, or all of them. */
  forget(pseudonym?: string): void {
    this.#forgotten += 1;
    if (pseudonym === undefined) this.#cache.clear();
    else this.#cache.delete(pseudonym);
  }

  /**
   * Wraps data keys anew under the current wrapping key, some of them; call it again with `from: next` until there is no
   * `next`. Doing it twice does no harm.
   */
  async rotate(options: RotationOptions = {}): Promise<Rotation> {
    await this.verify();
    return rotateKeys(this.#keys, this.#wrapping, options);
  }

  async #make(pseudonyms: readonly string[], made: Set<string>): Promise<void> {
    const records = await Promise.all(
      pseudonyms.map(async (pseudonym): Promise<KeyRecord> => {
        const keyId = randomBytes(KEY_ID_BYTES).toString('base64url');
        made.add(keyId);
        return { pseudonym, keyId, wrapped: await this.#wrapping.wrap(randomBytes(32), { pseudonym, keyId }) };
      }),
    );
    await this.#keys.put(records, { ifAbsent: true });
  }

  async #unwrapped(record: KeyRecord, forgottenBefore: number): Promise<DataKey> {
    const bytes = await this.#wrapping.unwrap(record.wrapped, record);
    if (bytes.byteLength !== 32) throw notAKey();
    const key = { id: record.keyId, key: createSecretKey(bytes) };
    if (this.#forgotten === forgottenBefore) this.#cache.set(record.pseudonym, key);
    return key;
  }
}

function keyLost(): BackboneError {
  return new BackboneError(
    'EB_FIELDS_LOST',
    'the key of an argument is gone from the key store, and was not erased; was memory evicted, or is it another store?',
  );
}
