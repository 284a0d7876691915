import {
  checkedTarget,
  comparePositions,
  noSuchGroup,
  noSuchPosition,
  type CheckedTarget,
  type Position,
  type ResetTarget,
} from '../core/index.js';
import { infoOf } from './group-state.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { RESET_GROUP } from './scripts/group.js';

const ENTRY_ID = /^\d{1,20}-\d{1,20}$/;
/** The last id of a millisecond. */
const LAST_OF_MS = '18446744073709551615';
const BEGINNING = '0-0';

/**
 * Moves a group in all partitions, one after the other; one that failed half way is to be repeated.
 *
 * @throws BackboneError `EB_ARGUMENT` for a group, a position or a time that there is not; nothing was changed then.
 */
export async function resetGroup(
  on: RedisConnection,
  partitions: readonly StreamKeys[],
  group: string,
  to: ResetTarget,
): Promise<void> {
  const epochs = partitions.map((keys) => on.client.hget(keys.group(group), 'epoch'));
  if ((await on.within(Promise.all(epochs))).every((epoch) => epoch === null)) throw noSuchGroup(group);
  const [seconds, micros] = await on.within(on.client.time());
  const target = checkedTarget(to, Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000));
  const stranger = target.after?.find(({ partition }) => !partitions.some((keys) => keys.partition === partition));
  if (stranger) throw noSuchPosition(stranger);
  const starts = await Promise.all(
    partitions.map(async (keys) => startOf(target, keys.partition, await lastId(on, keys))),
  );
  for (const [i, keys] of partitions.entries()) {
    const all = [keys.stream, keys.group(group), keys.past(group), keys.parked(group)];
    await on.run(RESET_GROUP, all, [group, starts[i] ?? BEGINNING]);
  }
}

/** The id behind which a partition goes on. */
function startOf({ end, after, timeMs }: CheckedTarget, partition: number, last: string): string {
  if (end !== undefined) return end === 'end' ? '$' : BEGINNING;
  if (timeMs === 0) return BEGINNING;
  if (timeMs !== undefined) {
    const before = `${timeMs - 1}-${LAST_OF_MS}`;
    // A server whose clock goes back gives out ids right behind its last one.
    return isAbove({ partition, id: before }, last) ? last : before;
  }
  const told = after.find((position) => position.partition === partition);
  if (!told) return BEGINNING;
  if (!ENTRY_ID.test(told.id) || isAbove(told, last)) throw noSuchPosition(told);
  return told.id;
}

function isAbove(position: Position, last: string): boolean {
  return comparePositions(position, { partition: position.partition, id: last }) > 0;
}

async function lastId(on: RedisConnection, { stream }: StreamKeys): Promise<string> {
  if ((await on.within(on.client.exists(stream))) === 0) return BEGINNING;
  const info = infoOf((await on.within(on.client.xinfo('STREAM', stream))) as unknown[]);
  return String(info.get('last-generated-id'));
}
