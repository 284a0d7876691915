import { BackboneError, comparePositions, positionBefore, type Checkpoint, type Position } from '../core/index.js';
import { checkedPosition } from './checked-position.js';

/**
 * From where to where to read. A time is the server's append time and a point between events: `from` is the first moment
 * that counts, `until` the first that no longer does. A position names an event: the events at `from` and at `until`
 * belong to it. A position says nothing about other partitions: of those, everything is behind `from` or `after`, and
 * nothing is before `until`; a checkpoint has one position for each.
 */
export interface ReadRangeOptions {
  /** The first event, or the first moment. From the beginning when absent. */
  readonly from?: Date | Position;
  /** The last events that are not read any more: where an earlier read has ended. Instead of a position in `from`. */
  readonly after?: Position | Checkpoint;
  /** The last event, or the first moment that is too late. To the present end when absent. */
  readonly until?: Date | Position | Checkpoint;
  /** Do not end at the present end: go on with what is appended later, until this signal fires. Not with `until`. */
  readonly follow?: AbortSignal;
}

/** A range as channels know it; times are milliseconds since 1970, from inclusive, until exclusive. */
export interface ReadRange {
  readonly after: Checkpoint;
  readonly until?: Checkpoint | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly follow?: AbortSignal | undefined;
}

/** The clocks of servers and readers may differ by so much. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Checks a range.
 *
 * @throws BackboneError `EB_ARGUMENT` for malformed positions and times, an end before the beginning, a beginning in the
 *   future that nobody waits for, and options that exclude each other.
 */
export function checkedRange({ from, after, until, follow }: ReadRangeOptions): ReadRange {
  if (follow && until !== undefined)
    throw refused('follow', 'a read that follows has no end; leave out `until` or `follow`');
  const behind = after === undefined ? undefined : checkpointOf('after', after);
  const fromMs = from instanceof Date ? msOf('from', from) : undefined;
  if (fromMs === undefined && from !== undefined && behind) {
    throw refused('after', '`from` and `after` both say where to begin; give one of them');
  }
  if (fromMs !== undefined && !follow && fromMs > Date.now() + CLOCK_TOLERANCE_MS) {
    throw refused('from', '`from` is in the future, and nothing is there yet; `follow` waits for it');
  }
  const untilMs = until instanceof Date ? msOf('until', until) : undefined;
  if (fromMs !== undefined && untilMs !== undefined && untilMs < fromMs) throw endBeforeBeginning();
  const end = until === undefined || until instanceof Date ? undefined : checkpointOf('until', until);
  const begin = from === undefined || from instanceof Date ? undefined : checkedPosition('from', from);
  const first = begin ? [begin] : (behind ?? []);
  if (end && first.some((position) => isBehind(position, end))) throw endBeforeBeginning();
  const before = begin && positionBefore(begin);
  return { after: before ? [before] : (behind ?? []), until: end, fromMs, untilMs, follow };
}

/** Tells whether an end has reached all of some positions. */
export function isWithin(reached: Checkpoint, end: Checkpoint): boolean {
  return reached.every((position) => {
    const last = end.find(({ partition }) => partition === position.partition);
    return last !== undefined && comparePositions(position, last) <= 0;
  });
}

function checkpointOf(path: string, given: Position | Checkpoint): Checkpoint {
  const positions = isList(given) ? given : [given];
  for (const position of positions) checkedPosition(path, position);
  if (new Set(positions.map(({ partition }) => partition)).size === positions.length) return positions;
  throw refused(path, `\`${path}\` has two positions of one partition; a checkpoint has one for each`);
}

/** `Array.isArray` knows no readonly ones. */
function isList(given: Position | Checkpoint): given is Checkpoint {
  return Array.isArray(given);
}

function msOf(path: string, time: Date): number {
  const ms = time.getTime();
  if (!Number.isNaN(ms)) return ms;
  throw refused(path, `\`${path}\` is an invalid Date`);
}

function isBehind(position: Position, end: Checkpoint): boolean {
  const last = end.find(({ partition }) => partition === position.partition);
  return last !== undefined && comparePositions(position, last) > 0;
}

function endBeforeBeginning(): BackboneError {
  return refused('until', '`until` lies before the beginning of the read; exchange them');
}

function refused(path: string, message: string): BackboneError {
  return new BackboneError('EB_ARGUMENT', `reading: ${message}`, { details: { path } });
}
