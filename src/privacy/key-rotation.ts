import { SHARDS } from './key-record.js';
import type { StoredKeys } from './stored-keys.js';
import { LocalWrapping, type KeyWrapper } from './wrapping.js';

/** How much of a rotation to do. */
export interface RotationOptions {
  /** Where to go on: the `next` of the call before. */
  readonly from?: number;
  /** About so many data keys are wrapped anew. Default 10,000. */
  readonly limit?: number;
}

/** How far a rotation has come. */
export interface Rotation {
  /** How many data keys were wrapped anew. */
  readonly rewrapped: number;
  /** Where to go on; absent when all keys have been seen. */
  readonly next?: number;
}

/** Wraps data keys anew under the current wrapping key. */
export async function rotateKeys(
  keys: StoredKeys,
  wrapping: KeyWrapper,
  { from = 0, limit = 10_000 }: RotationOptions,
): Promise<Rotation> {
  let rewrapped = 0;
  for (let shard = from; shard < SHARDS; shard += 1) {
    if (rewrapped >= limit) return { rewrapped, next: shard };
    const listed = await keys.listed(shard);
    if (listed.length > 0) rewrapped += await rewrap(keys, wrapping, listed);
  }
  return { rewrapped };
}

async function rewrap(keys: StoredKeys, wrapping: KeyWrapper, pseudonyms: readonly string[]): Promise<number> {
  const present = await keys.present(pseudonyms);
  const old = present.filter(({ wrapped }) => !(wrapping instanceof LocalWrapping && wrapping.isCurrent(wrapped)));
  if (old.length === 0) return 0;
  const anew = await Promise.all(
    old.map(async (record) => ({
      ...record,
      wrapped: await wrapping.wrap(await wrapping.unwrap(record.wrapped, record), record),
    })),
  );
  await keys.put(anew);
  // One that was erased meanwhile has just been put back.
  const erased = await keys.erased(old);
  await keys.remove(erased);
  return old.length - erased.length;
}
