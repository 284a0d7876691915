import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { BackboneError, isSealed, SEALED_MARK as MARK } from '../core/index.js';
import type { KeyName } from './key-record.js';
import type { DataKey } from './key-ring.js';

/** Where a field belongs: a sealed value that was moved to another place does not open. */
export interface FieldPlace {
  readonly contract: string;
  readonly eventId: string;
  readonly field: string;
}

/** What stands before the ciphertext, readable without a key. */
export interface SealedField extends KeyName {
  readonly bytes: Buffer;
}

const VERSION = 1;
const TEXT = 0;
const BYTES = 1;

const PSEUDONYM_AT = MARK.length + 2;
const KEY_ID_AT = PSEUDONYM_AT + 32;
const IV_AT = KEY_ID_AT + 16;
const TAG_AT = IV_AT + 12;
const DATA_AT = TAG_AT + 16;

/** By how much a field grows when it is encrypted. */
export const SEALED_BYTES = DATA_AT;

/**
 * Encrypts a field: AES-256-GCM. The bytes are: a mark (4), the version (1), text or bytes (1), the pseudonym (32), the id
 * of the key (16), the initialisation vector (12), the tag (16), the ciphertext. What else the tag vouches for is where the
 * field belongs, and whether it is text.
 */
export function seal(value: string | Uint8Array, pseudonym: string, { id, key }: DataKey, place: FieldPlace): Buffer {
  const isText = typeof value === 'string';
  const size = isText ? Buffer.byteLength(value) : value.byteLength;
  const sealed = Buffer.allocUnsafe(DATA_AT + size);
  MARK.copy(sealed);
  sealed[MARK.length] = VERSION;
  sealed[MARK.length + 1] = isText ? TEXT : BYTES;
  sealed.write(pseudonym, PSEUDONYM_AT, 'base64url');
  sealed.write(id, KEY_ID_AT, 'base64url');
  takeRandom(sealed, IV_AT, TAG_AT);
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(IV_AT, TAG_AT));
  cipher.setAAD(boundTo(place, isText));
  // In this mode everything comes out at once, and nothing at the end.
  const data = isText ? cipher.update(value, 'utf8') : cipher.update(value);
  cipher.final();
  data.copy(sealed, DATA_AT);
  cipher.getAuthTag().copy(sealed, TAG_AT);
  return sealed;
}

/**
 * Reads what stands before the ciphertext; `undefined` for a value that was not encrypted.
 *
 * @throws BackboneError `EB_TAMPERED` for one that was cut off, or has a version that this build does not know.
 */
export function parseSealed(value: unknown): SealedField | undefined {
  if (!isSealed(value)) return undefined;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const kind = bytes[MARK.length + 1];
  if (bytes.length < DATA_AT || bytes[MARK.length] !== VERSION || (kind !== TEXT && kind !== BYTES)) throw tampered();
  return {
    bytes,
    pseudonym: bytes.toString('base64url', PSEUDONYM_AT, KEY_ID_AT),
    keyId: bytes.toString('base64url', KEY_ID_AT, IV_AT),
  };
}

/**
 * Decrypts a field.
 *
 * @throws BackboneError `EB_TAMPERED` when the key is the right one and the data does not fit it.
 */
export function open({ bytes }: SealedField, { key }: DataKey, place: FieldPlace): string | Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(IV_AT, TAG_AT));
  const isText = bytes[MARK.length + 1] === TEXT;
  decipher.setAAD(boundTo(place, isText)).setAuthTag(bytes.subarray(TAG_AT, DATA_AT));
  const data = decipher.update(bytes.subarray(DATA_AT));
  try {
    decipher.final();
  } catch {
    throw tampered();
  }
  return isText ? data.toString('utf8') : data;
}

/** Names hold no line break. */
function boundTo({ contract, eventId, field }: FieldPlace, isText: boolean): Buffer {
  return Buffer.from(`${contract}\n${eventId}\n${field}\n${isText ? 'text' : 'bytes'}`);
}

const RANDOM = Buffer.allocUnsafeSlow(12 * 512);
let taken = RANDOM.length;

/** One call for many: asking for a few random bytes costs as much as encrypting a small field. */
function takeRandom(into: Buffer, start: number, end: number): void {
  const size = end - start;
  if (taken + size > RANDOM.length) {
    randomFillSync(RANDOM);
    taken = 0;
  }
  RANDOM.copy(into, start, taken, taken + size);
  taken += size;
}

function tampered(): BackboneError {
  return new BackboneError(
    'EB_TAMPERED',
    'an encrypted argument was changed, cut off, or moved from another event; restore the event from a backup',
  );
}
