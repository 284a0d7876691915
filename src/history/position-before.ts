import { BackboneError, type Position } from '../core/index.js';

const NATIVE_ID = /^\d{1,40}(-\d{1,40})*$/;
/** What the second number of an id counts up to on Redis. */
const HIGHEST = 2n ** 64n - 1n;

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
 * Returns a position if a channel may have given it out.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkedPosition(path: string, position: Position): Position {
  if (isPosition(position)) return position;
  const message = `reading: the position in \`${path}\` is none that a channel gave out: { partition: 0, id: '17' }`;
  throw new BackboneError('EB_ARGUMENT', message, { details: { path, constraint: 'position' } });
}

/** Whoever passes on what came over a wire may have anything in his hands. */
function isPosition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { partition, id } = value as Partial<Position>;
  return Number.isSafeInteger(partition) && Number(partition) >= 0 && typeof id === 'string' && NATIVE_ID.test(id);
}

/**
 * Refuses positions that look different from one of this channel.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkSameKind(positions: readonly Position[], known: Position): void {
  const numbers = known.id.split('-').length;
  if (positions.every(({ id }) => id.split('-').length === numbers)) return;
  const message = 'reading: the position comes from another kind of channel; use positions that this one gave out';
  throw new BackboneError('EB_ARGUMENT', message, { details: { path: 'position', constraint: 'of this channel' } });
}
