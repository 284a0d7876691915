import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { BackboneError, isName } from '../core/index.js';
import type { StoredCheck } from './store-check.js';

/** Whose data key is wrapped; a key service may bind the wrapped key to it. */
export interface WrapContext {
  /** Stands for the data subject, or for the event; tells nothing about either. */
  readonly pseudonym: string;
  readonly keyId: string;
}

/** Wraps data keys by a key service of your own, whose keys never leave it. */
export interface KeyWrapper {
  wrap(dataKey: Uint8Array, context: WrapContext): Promise<Uint8Array>;
  /** Rejects when the service is away: the caller asks again. */
  unwrap(wrapped: Uint8Array, context: WrapContext): Promise<Uint8Array>;
}

/** Wraps data keys by keys that the application holds, each of 32 bytes or their base64 text. */
export interface WrappingKeys {
  /** The name of the key that new data keys are wrapped under. */
  readonly current: string;
  /** By name. Keep an old one until `rotate` has been through. */
  readonly keys: Readonly<Record<string, Uint8Array | string>>;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Wraps data keys under named keys: AES-256-GCM, bound to the person's pseudonym and the id of the data key. */
export class LocalWrapping implements KeyWrapper {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #current: string;

  /** @throws BackboneError `EB_OPTIONS` for keys that cannot work. */
  constructor({ current, keys }: WrappingKeys) {
    this.#keys = new Map(Object.entries(keys).map(([name, key]) => [checkedKeyName(name), keyBytes(name, key)]));
    this.#current = current;
    if (!this.#keys.has(current)) {
      throw refused('`privacy.keys.wrapping.current` must name one of `privacy.keys.wrapping.keys`');
    }
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }

  wrap(dataKey: Uint8Array, context: WrapContext): Promise<Uint8Array> {
    return Promise.resolve(this.wrapUnder(this.#current, dataKey, context));
  }

  /** Wraps under the key of this name. */
  wrapUnder(name: string, dataKey: Uint8Array, context: WrapContext): Uint8Array {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key(name), iv).setAAD(contextBytes(name, context));
    const sealed = Buffer.concat([cipher.update(dataKey), cipher.final()]);
    const label = Buffer.from(name);
    return Buffer.concat([Buffer.of(label.length), label, iv, cipher.getAuthTag(), sealed]);
  }

  /** @throws BackboneError `EB_OPTIONS` for a key that is not here, `EB_TAMPERED` for what does not fit its key. */
  unwrap(wrapped: Uint8Array, context: WrapContext): Promise<Uint8Array> {
    return new Promise((resolve) => resolve(this.#unwrapped(Buffer.from(wrapped), context)));
  }

  /** Tells whether a wrapped key need not be wrapped anew. */
  isCurrent(wrapped: Uint8Array): boolean {
    return labelOf(Buffer.from(wrapped)) === this.#current;
  }

  #unwrapped(wrapped: Buffer, context: WrapContext): Uint8Array {
    const name = labelOf(wrapped);
    const at = 1 + (wrapped[0] ?? 0);
    const sealedAt = at + IV_BYTES + TAG_BYTES;
    if (wrapped.length < sealedAt || !isName(name)) throw notOurs();
    const decipher = createDecipheriv('aes-256-gcm', this.#key(name), wrapped.subarray(at, at + IV_BYTES));
    decipher.setAAD(contextBytes(name, context)).setAuthTag(wrapped.subarray(at + IV_BYTES, sealedAt));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(sealedAt)), decipher.final()]);
    } catch {
      throw notOurs();
    }
  }

  #key(name: string): Uint8Array {
    const key = this.#keys.get(name);
    if (key) return key;
    throw refused(`data keys are wrapped under "${name}", which \`privacy.keys.wrapping.keys\` does not have; add it`);
  }
}

/** A key service knows its own keys; those that the application holds leave a value each, to be recognised by. */
export function wrappingChecks(wrapping: KeyWrapper): readonly StoredCheck[] {
  if (!(wrapping instanceof LocalWrapping)) return [];
  return wrapping.names.map((name) => ({
    name: `wrapping.${name}`,
    value: wrapping.wrapUnder(name, Buffer.alloc(32), CHECK),
    fits: (stored) =>
      wrapping.unwrap(stored, CHECK).then(
        () => true,
        () => false,
      ),
    otherwise:
      `the wrapping key "${name}" is not the one that the key store was used with; give it its old value back, or give ` +
      'the new one a name of its own and make it `current`',
  }));
}

const CHECK: WrapContext = { pseudonym: 'check', keyId: 'check' };

function labelOf(wrapped: Buffer): string {
  return wrapped.toString('latin1', 1, 1 + (wrapped[0] ?? 0));
}

function contextBytes(name: string, { pseudonym, keyId }: WrapContext): Buffer {
  return Buffer.from(`${name}\n${pseudonym}\n${keyId}`);
}

function checkedKeyName(name: string): string {
  if (isName(name)) return name;
  throw refused('a name in `privacy.keys.wrapping.keys` must be 1 to 128 letters, digits, "_", "." or "-"');
}

function keyBytes(name: string, key: unknown): Uint8Array {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  if (bytes instanceof Uint8Array && bytes.byteLength === 32) return Uint8Array.from(bytes);
  throw refused(
    `the wrapping key "${name}" must be 32 bytes or their base64 text; make one with \`openssl rand -base64 32\``,
  );
}

function notOurs(): BackboneError {
  return new BackboneError(
    'EB_TAMPERED',
    'a data key in the key store was changed, or belongs to another person; restore the key store from a backup',
  );
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message, { details: { path: 'privacy.keys.wrapping' } });
}
