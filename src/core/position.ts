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

/** The error for positions that lie behind the end of a stream: it cannot have given them out. For channels. */
export function beyondEnd(): BackboneError {
  const message =
    'a position lies behind the end of the stream, which cannot have given it out; use positions of this stream, and ' +
    'begin anew if its server has lost events';
  return new BackboneError('EB_ARGUMENT', message, { details: { path: 'position', constraint: 'of this stream' } });
}

function numbersOf({ partition, id }: Position): readonly bigint[] {
  if (NATIVE_ID.test(id)) return id.split('-').map(BigInt);
  throw new BackboneError('EB_ARGUMENT', `the position in partition ${partition} has an id that no channel gave out`, {
    details: { path: 'id', constraint: 'numbers joined by "-"' },
  });
}

const NATIVE_ID = /^\d{1,40}(-\d{1,40})*$/;
