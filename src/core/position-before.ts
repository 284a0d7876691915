import type { ReadOptions } from './channel.js';
import type { Position } from './position.js';

/** What the second number of an id counts up to on Redis. */
const HIGHEST = 2n ** 64n - 1n;
const NATIVE_ID = /^\d{1,40}(-\d{1,40})*$/;

/** Returns a position right before another one, where an event may or may not stand; `undefined` before the first one. */
export function positionBefore({ partition, id }: Position): Position | undefined {
  const numbers = id.split('-').map(BigInt);
  let i = numbers.length - 1;
  for (; i >= 0 && numbers[i] === 0n; i -= 1) numbers[i] = HIGHEST;
  if (i < 0) return undefined;
  numbers[i] = (numbers[i] ?? 0n) - 1n;
  return { partition, id: numbers.join('-') };
}

/**
 * Returns the position that a read is about if its range has room for one only: this is how a single event is asked for. It
 * is given as it is, whoever is still appending before it.
 */
export function onlyPosition({ after = [], until = [], follow }: ReadOptions): Position | undefined {
  const [last, ...others] = until;
  if (!last || others.length > 0 || after.length > 1 || follow || !NATIVE_ID.test(last.id)) return undefined;
  const before = positionBefore(last);
  const [first] = after;
  return first?.partition === before?.partition && first?.id === before?.id ? last : undefined;
}
