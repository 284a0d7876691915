import { BackboneError, comparePositions, isName, type TrimLimits } from '../core/index.js';
import { readEntry, type Entry } from './record.js';
import { infoOf } from './group-state.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { TRIM } from './scripts/upkeep.js';

const PAGE = 200;
/** For how long after its append an event's id is known, so that a repeated append stores nothing. */
const DEDUPE_MS = 24 * 60 * 60 * 1000;

/**
 * Makes sure that something limits what is trimmed.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkTrimLimits({ until, before, keep }: TrimLimits): void {
  if (until === undefined && before === undefined && keep === undefined) {
    throw new BackboneError('EB_ARGUMENT', 'trim needs at least one of until, before and keep; nothing was removed');
  }
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 0)) throw noNumber('keep');
  if (before !== undefined && !Number.isFinite(before)) throw noNumber('before');
}

/** Removes the oldest events of a partition, page by page, as far as limits, groups and dead letters let them go. */
export async function trimPartition(on: RedisConnection, keys: StreamKeys, limits: TrimLimits): Promise<number> {
  const { until, before = Infinity, keep = 0, force = false } = limits;
  const latest = until?.find(({ partition }) => partition === keys.partition);
  if (until && !latest) return 0;
  const mayGo = (entry: Entry) => msOf(entry) < before && (!latest || !isAfter(entry));
  const isAfter = ([id]: Entry) => latest && comparePositions({ partition: keys.partition, id }, latest) > 0;
  // What is appended meanwhile only makes the rest longer.
  let left = (await on.within(on.client.xlen(keys.stream))) - keep;
  let start = '-';
  let removed = 0;
  while (left > 0) {
    const page = await on.within(on.client.xrange(keys.stream, start, '+', 'COUNT', Math.min(PAGE, left)));
    const entries = page.filter(mayGo);
    const last = entries.at(-1);
    if (!last) break;
    const [count, stopped] = await trimPage(on, keys, entries, force);
    // There is a new group: look again.
    if (count < 0) continue;
    removed += count;
    if (stopped > 0 || entries.length < page.length) break;
    left -= page.length;
    start = `(${last[0]}`;
  }
  return removed;
}

async function trimPage(
  on: RedisConnection,
  keys: StreamKeys,
  entries: readonly Entry[],
  force: boolean,
): Promise<[number, number]> {
  const groups = (await on.within(on.client.xinfo('GROUPS', keys.stream))) as unknown[][];
  const keyList = [keys.stream, keys.keyIndex];
  const args: (string | number)[] = [force ? 'force' : '', DEDUPE_MS, groups.length];
  for (const info of groups) {
    const name = String(infoOf(info).get('name'));
    const group = name.replace(/~\d+$/, '');
    // A group that is not the library's own has no dead letters.
    args.push(name, isName(group) ? keyList.push(keys.pins(group), keys.past(group)) - 1 : 0);
  }
  for (const entry of entries) {
    const { message } = readEntry(entry, 0, keys.partition).delivery;
    if (message) keyList.push(keys.event(message.id), keys.personal(message.id), keys.ofKey(message.key));
    args.push(entry[0], message ? 1 : 0);
  }
  return (await on.run(TRIM, keyList, args)) as [number, number];
}

function msOf([id]: Entry): number {
  return Number(id.slice(0, id.indexOf('-')));
}

function noNumber(limit: string): BackboneError {
  const message = `${limit} is not a number that can limit a trim; nothing was removed`;
  return new BackboneError('EB_ARGUMENT', message, { details: { path: limit } });
}
