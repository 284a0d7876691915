import { BackboneError, type Checkpoint, type Position } from '../core/index.js';

const PARTITION = 0;
const DECIMAL = /^\d{1,15}$/;

/** The position of the event with this number. */
export function positionOf(number: number): Position {
  return { partition: PARTITION, id: String(number) };
}

/**
 * The number of the event at a position.
 *
 * @throws BackboneError `EB_ARGUMENT` when the position comes from another kind of channel.
 */
export function numberOf({ partition, id }: Position): number {
  if (partition === PARTITION && DECIMAL.test(id)) return Number(id);
  throw new BackboneError(
    'EB_ARGUMENT',
    `the memory channel has no position "${id.slice(0, 60)}" in partition ${partition}; use positions it gave out`,
  );
}

/** How far a checkpoint reaches; 0 for one that has read nothing yet. */
export function reachOf(checkpoint: Checkpoint): number {
  return checkpoint.reduce((reach, position) => Math.max(reach, numberOf(position)), 0);
}
