import { BackboneError } from './errors.js';

/**
 * Where an event stands in its stream: the partition and the channel's own id inside it.
 * Two positions are comparable only inside one partition.
 */
export interface Position {
  readonly partition: number;
  /** The native id: `1732260000000-0` on Redis, a decimal number elsewhere. Opaque; never parse it. */
  readonly id: string;
}

/** How far a reader has come: one position for each partition it has read from. */
export type Checkpoint = readonly Position[];

/**
 * Orders two positions of one partition: negative, zero or positive.
 *
 * @throws BackboneError `EB_ARGUMENT` when the partitions differ, or an id is not one that a channel gave out.
 */
export function comparePositions(a: Position, b: Position): number {
  if (a.partition !== b.partition) {
    throw new BackboneError('EB_ARGUMENT', `positions of partitions ${a.partition} and ${b.partition} have no order`, {
      details: { path: 'partition', constraint: 'the same partition' },
    });
  }
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0n) - (right[i] ?? 0n);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}

function numbersOf({ partition, id }: Position): readonly bigint[] {
  if (NATIVE_ID.test(id)) return id.split('-').map(BigInt);
  throw new BackboneError('EB_ARGUMENT', `the position in partition ${partition} has an id that no channel gave out`, {
    details: { path: 'id', constraint: 'numbers joined by "-"' },
  });
}

const NATIVE_ID = /^\d{1,40}(-\d{1,40})*$/;
