import type { PayloadKey } from '../core/index.js';

/** Which data key is meant: of whom, and which of those that he has had. */
export interface KeyName {
  readonly pseudonym: string;
  readonly keyId: string;
}

/** A data key as the key store holds it. */
export interface KeyRecord extends KeyName {
  readonly wrapped: Uint8Array;
}

/** How many parts the key store has: keys are listed part by part, and two characters of a pseudonym choose it. */
export const SHARDS = 64 * 64;
export const KEY_ID_BYTES = 16;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VERSION = 1;

/** Where the data key of somebody is. */
export function keyOf(pseudonym: string): PayloadKey {
  return { eventId: `keys.${pseudonym.slice(0, 2)}`, field: pseudonym };
}

/** Where it is remembered that a data key was erased. */
export function tombstoneOf({ pseudonym, keyId }: KeyName): PayloadKey {
  return { eventId: `erased-keys.${pseudonym.slice(0, 2)}`, field: `${pseudonym}.${keyId}` };
}

/** The part of this number: what to list for its keys. */
export function keysOfShard(shard: number): string {
  return `keys.${ALPHABET.charAt(shard >> 6)}${ALPHABET.charAt(shard & 63)}`;
}

/** Writes a record as bytes: a version, the id of the key, the wrapped key. */
export function keyRecordBytes({ keyId, wrapped }: Omit<KeyRecord, 'pseudonym'>): Uint8Array {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(keyId, 'base64url'), wrapped]);
}

/** Reads a record; `undefined` for what is none. */
export function parseKeyRecord(pseudonym: string, bytes: Uint8Array): KeyRecord | undefined {
  if (bytes[0] !== VERSION || bytes.byteLength <= 1 + KEY_ID_BYTES) return undefined;
  const keyId = Buffer.from(bytes.subarray(1, 1 + KEY_ID_BYTES)).toString('base64url');
  return { pseudonym, keyId, wrapped: bytes.subarray(1 + KEY_ID_BYTES) };
}
