import { BackboneError, type Position } from '../core/index.js';

const NATIVE_ID = /^\d{1,40}(-\d{1,40})*$/;

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
