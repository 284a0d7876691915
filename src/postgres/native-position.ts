import { BackboneError, type Checkpoint, type Position } from '../core/index.js';

const PARTITION = 0;
const DECIMAL = /^\d{1,18}$/;

/** The position that the database calls by this number. */
export function positionOf(id: string): Position {
  return { partition: PARTITION, id };
}

/**
 * The database's number for a position.
 *
 * @throws BackboneError `EB_ARGUMENT` when the position comes from another kind of channel.
 */
export function numberOf({ partition, id }: Position): bigint {
  if (partition === PARTITION && DECIMAL.test(id)) return BigInt(id);
  throw new BackboneError(
    'EB_ARGUMENT',
    `a PostgreSQL channel has no position "${id.slice(0, 60)}" in partition ${partition}; use positions it gave out`,
  );
}

/** How far a checkpoint reaches; 0 for one that has read nothing yet. */
export function reachOf(checkpoint: Checkpoint): bigint {
  return checkpoint.map(numberOf).reduce((reach, number) => (number > reach ? number : reach), 0n);
}
