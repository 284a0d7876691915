import {
  comparePositions,
  positionBefore,
  type Channel,
  type Checkpoint,
  type GroupState,
  type ReadOptions,
  type ResetTarget,
  type Stream,
} from '../core/index.js';
import { CommandFailure } from './command-failure.js';
import type { CommandLine } from './command-line.js';
import { parsePlace, positionText } from './places.js';

/** The clocks of servers and ours may differ by so much. */
const CLOCK_TOLERANCE_MS = 60_000;
/** Without arguments, so many events are little. */
const LOOKED_AT_ONCE = 1_000;

/** Which group is to be moved. */
export interface Counting {
  readonly line: CommandLine;
  readonly channel: Channel;
  readonly stream: Stream;
  readonly state: GroupState;
}

/**
 * Reads where a group is to be moved to.
 *
 * @throws CommandFailure for what is no place, and for a time that has not come yet.
 */
export function resetTarget(option: string, text: string): ResetTarget {
  if (text === 'beginning' || text === 'end') return text;
  const place = parsePlace(option, text);
  if (!(place instanceof Date)) return place;
  if (place.getTime() <= Date.now() + CLOCK_TOLERANCE_MS) return { timeMs: place.getTime() };
  throw new CommandFailure(`${option} is in the future; \`end\` leaves out all that is there`);
}

/**
 * Reads where a group begins again: a position is the first event that comes again, and the other partitions stay where
 * they are.
 *
 * @throws CommandFailure for what is no place, and for one that the group has not reached yet.
 */
export function replayTarget(text: string, { delivered, group }: GroupState): ResetTarget {
  if (text === 'end')
    throw new CommandFailure('--from end would replay nothing; `reset --to end` moves a group forward');
  const target = resetTarget('--from', text);
  if (!isCheckpoint(target)) return target;
  const first = new Map(target.map((position) => [position.partition, position]));
  const ahead = target.find((position) => {
    const reached = delivered.find(({ partition }) => partition === position.partition);
    return !reached || comparePositions(position, reached) > 0;
  });
  if (ahead) {
    throw new CommandFailure(
      `${group} has not been handed ${positionText([ahead])} yet; \`reset\` moves a group forward`,
    );
  }
  return delivered.flatMap((reached) => {
    const begin = first.get(reached.partition);
    return begin ? (positionBefore(begin) ?? []) : reached;
  });
}

/** Counts the events that a group would be handed again, by reading them without their arguments. */
export async function eventsAgain(how: Counting, to: ResetTarget): Promise<number> {
  const { delivered } = how.state;
  if (to === 'end' || delivered.length === 0) return 0;
  if (to === 'beginning') return counted(how, { until: delivered });
  if (!isCheckpoint(to)) return counted(how, { until: delivered, fromMs: to.timeMs });
  const until = ahead(delivered, to);
  return until.length === 0 ? 0 : counted(how, { after: to, until });
}

/** Counts the events that a group would never get. */
export async function eventsSkipped(how: Counting, to: ResetTarget): Promise<number> {
  const { delivered: after } = how.state;
  if (to === 'beginning') return 0;
  if (to === 'end') return counted(how, { after });
  if (!isCheckpoint(to)) return counted(how, { after, untilMs: to.timeMs });
  const until = ahead(to, after);
  return until.length === 0 ? 0 : counted(how, { after, until });
}

/** Writes where a group is moved to. */
export function targetText(to: ResetTarget): string {
  if (typeof to === 'string') return `to the ${to}`;
  return isCheckpoint(to) ? `behind ${positionText(to)}` : `to ${new Date(to.timeMs).toISOString()}`;
}

function isCheckpoint(to: ResetTarget): to is Checkpoint {
  return Array.isArray(to);
}

/** Those positions that lie behind the ones of the same partition in another checkpoint. */
function ahead(of: Checkpoint, others: Checkpoint): Checkpoint {
  return of.filter((position) => {
    const other = others.find(({ partition }) => partition === position.partition);
    return !other || comparePositions(position, other) > 0;
  });
}

async function counted(
  { line, channel, stream }: Counting,
  range: Pick<ReadOptions, 'after' | 'until' | 'fromMs' | 'untilMs'>,
): Promise<number> {
  const progress = line.progress('events counted');
  let count = 0;
  try {
    for await (const events of channel.read({ stream, ...range, fields: [], batchSize: LOOKED_AT_ONCE })) {
      line.signal.throwIfAborted();
      count += events.length;
      progress.add(events.length);
    }
  } finally {
    progress.end();
  }
  return count;
}
