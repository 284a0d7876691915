import type { Channel } from './channel.js';
import type { GroupState, ResetTarget } from './channel-admin.js';
import type { Stream } from './stream.js';
import { BackboneError } from './errors.js';
import { comparePositions, type Checkpoint, type Position } from './position.js';
import { noSuchGroup } from './reset-target.js';

/**
 * Where a replay begins: with the first event, with the first one stored at a time or later, or behind a position. A single
 * position is enough where the stream is not split into partitions.
 */
export type ReplayStart =
  | { readonly from: 'beginning' | Date; readonly after?: undefined }
  | { readonly after: Position | Checkpoint; readonly from?: undefined };

/** Which group is to be handed what again. */
export interface ReplayOf {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly group: string;
  readonly start: ReplayStart;
}

/**
 * Hands events to a group again, also while its consumers run: moves it back, and never forward.
 *
 * @throws BackboneError `EB_ARGUMENT` for a group that does not exist, and for a start that lies behind something which the
 *   group has not finished: it would never be handled. Nothing was changed then.
 */
export async function replay(of: ReplayOf): Promise<void> {
  const { channel, stream, group } = of;
  const to = await backwards(of);
  await channel.admin.reset(stream, group, to);
}

/**
 * Counts the events that a replay would hand out again; changes nothing. Reads them all, without their fields.
 *
 * @throws BackboneError `EB_ARGUMENT` where {@link replay} would refuse.
 */
export async function countReplay(of: ReplayOf): Promise<number> {
  const { channel, stream, group } = of;
  const to = await backwards(of);
  const state = await channel.admin.state(stream, group);
  const until = state?.delivered ?? [];
  if (until.length === 0) return 0;
  const start = typeof to === 'string' ? {} : 'timeMs' in to ? { fromMs: to.timeMs } : { after: to };
  let count = 0;
  for await (const events of channel.read({ stream, until, fields: [], ...start })) count += events.length;
  return count;
}

async function backwards({ channel, stream, group, start }: ReplayOf): Promise<ResetTarget> {
  const state = await channel.admin.state(stream, group);
  if (!state) throw noSuchGroup(group);
  if (start.after !== undefined) {
    const after = checkpointOf(start.after, state);
    if (!after.every((position) => isBehind(position, state))) throw forwards(group);
    if (state.oldestPendingAt !== undefined) {
      const next = await firstOf(channel.read({ stream, after, fields: [], batchSize: 1 }));
      if (!next || next.appendedAt > state.oldestPendingAt) throw forwards(group);
    }
    return after;
  }
  if (start.from === 'beginning') return 'beginning';
  const timeMs = start.from.getTime();
  const open = [state.oldestPendingAt, state.oldestWaitingAt].filter((at) => at !== undefined);
  if (open.some((at) => at < timeMs)) throw forwards(group);
  return { timeMs };
}

function checkpointOf(after: Position | Checkpoint, { delivered }: GroupState): Checkpoint {
  if (!('partition' in after)) return after;
  if (delivered.every(({ partition }) => partition === after.partition)) return [after];
  const message = 'the stream has several partitions; give a checkpoint with a position of each of them';
  throw new BackboneError('EB_ARGUMENT', `${message}; nothing was changed`, { details: { path: 'after' } });
}

function isBehind(position: Position, { delivered }: GroupState): boolean {
  const handed = delivered.find(({ partition }) => partition === position.partition);
  return handed !== undefined && comparePositions(position, handed) <= 0;
}

async function firstOf<T>(batches: AsyncIterable<readonly T[]>): Promise<T | undefined> {
  for await (const [first] of batches) if (first !== undefined) return first;
  return undefined;
}

function forwards(group: string): BackboneError {
  return new BackboneError(
    'EB_ARGUMENT',
    `the group ${group} has not finished everything before that place, so that a replay from there would skip events; ` +
      'begin earlier, or move it with reset; nothing was changed',
    { details: { group } },
  );
}
