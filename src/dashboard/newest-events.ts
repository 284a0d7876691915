import { comparePositions, type Position, type ReadEvent } from '../core/index.js';
import type { StreamHistory, Wanted } from '../history/stream-history.js';

/** A place between events in the order of a list, newest first: behind an event, or before all of a millisecond. */
export interface Place {
  readonly ms: number;
  readonly position?: Position;
  /** How long the next step back is to be, where a search was broken off. */
  readonly stepMs?: number;
}

/** Which of the newest events are looked for. */
export interface NewestQuery {
  readonly wanted: Pick<Wanted, 'types' | 'key' | 'fields'>;
  readonly isWanted?: (event: ReadEvent) => boolean;
  /** Stored then or later: milliseconds since 1970. */
  readonly fromMs: number;
  /** Stored before. */
  readonly untilMs: number;
  /** Only what is older than this place. */
  readonly before?: Place | undefined;
  /** Only what is newer. */
  readonly after?: Place | undefined;
  readonly limit: number;
  /** How long to look; a first step is always made. */
  readonly timeMs: number;
  /** So many events are held in one step at most. */
  readonly mostAtOnce: number;
  /** When the oldest event was stored; asked for when the newest ones are not enough. */
  readonly firstAt: () => Promise<number>;
}

/** Some of the newest events, the newest first. */
export interface Newest {
  readonly events: readonly ReadEvent[];
  /** Where older ones begin; absent when there are none. */
  readonly older?: Place;
  readonly incomplete: boolean;
}

const FIRST_STEP_MS = 1_000;
const GROWTH = 8;
const SHRINKING = 16;
const QUICK_MS = 300;
const LONG_MS = 1_500;

/**
 * Finds the newest events of a stream that can only be read forwards: it goes back in time step by step, each longer than
 * the one before while they are quick and hold little.
 */
export async function newestEvents(history: StreamHistory, query: NewestQuery): Promise<Newest> {
  const { before, after, limit, timeMs, mostAtOnce } = query;
  const began = performance.now();
  let floorMs = Math.max(query.fromMs, after?.ms ?? -Infinity);
  let endMs = Math.min(query.untilMs, before ? before.ms + (before.position ? 1 : 0) : Infinity);
  let stepMs = before?.stepMs ?? FIRST_STEP_MS;
  let isFloorKnown = false;
  const found: ReadEvent[] = [];
  while (endMs > floorMs) {
    const startMs = Math.max(floorMs, endMs - stepMs);
    const stepBegan = performance.now();
    const step = await readStep(history, query, startMs, endMs);
    if (step === 'too much') {
      stepMs = Math.max(1, Math.floor((endMs - startMs) / SHRINKING));
      continue;
    }
    found.push(...step.toSorted(newestFirst));
    if (found.length > limit) {
      const events = found.slice(0, limit);
      return { events, older: placeOf(events.at(-1)), incomplete: false };
    }
    endMs = startMs;
    if (step.length * GROWTH < mostAtOnce) stepMs *= growthAfter(performance.now() - stepBegan);
    if (performance.now() - began > timeMs && endMs > floorMs) {
      return { events: found, older: { ms: endMs, stepMs }, incomplete: true };
    }
    if (!isFloorKnown) floorMs = Math.max(floorMs, await query.firstAt());
    isFloorKnown = true;
  }
  return { events: found, incomplete: false };
}

function growthAfter(tookMs: number): number {
  if (tookMs < QUICK_MS) return GROWTH;
  return tookMs < LONG_MS ? 2 : 1;
}

/** Reads what lies between two moments; gives up when that is more than can be held, unless it is a single millisecond. */
async function readStep(
  history: StreamHistory,
  { wanted, isWanted, before, after, limit, mostAtOnce }: NewestQuery,
  startMs: number,
  endMs: number,
): Promise<readonly ReadEvent[] | 'too much'> {
  let events: ReadEvent[] = [];
  const range = { after: [], ...(startMs > 0 && { fromMs: startMs }), ...(endMs < Infinity && { untilMs: endMs }) };
  for await (const batch of history.read(wanted, range)) {
    for (const event of batch) {
      if (before && isNotBehind(event, before)) continue;
      if (after && !isNewer(event, after)) continue;
      if (isWanted?.(event) ?? true) events.push(event);
    }
    if (events.length <= mostAtOnce) continue;
    if (endMs - startMs > 1) return 'too much';
    events = events.toSorted(newestFirst).slice(0, limit + 1);
  }
  return events;
}

/** Orders events by time, and those of one time by position. */
function newestFirst(a: ReadEvent, b: ReadEvent): number {
  return b.appendedAt - a.appendedAt || positionsNewestFirst(a.position, b.position);
}

function positionsNewestFirst(a: Position, b: Position): number {
  return a.partition === b.partition ? comparePositions(b, a) : b.partition - a.partition;
}

function isNewer({ appendedAt, position }: ReadEvent, { ms, position: at }: Place): boolean {
  if (appendedAt !== ms || !at) return appendedAt >= ms;
  return positionsNewestFirst(position, at) < 0;
}

function isNotBehind({ appendedAt, position }: ReadEvent, { ms, position: at }: Place): boolean {
  if (appendedAt !== ms || !at) return appendedAt >= ms;
  return positionsNewestFirst(position, at) <= 0;
}

function placeOf(event: ReadEvent | undefined): Place | undefined {
  return event && { ms: event.appendedAt, position: event.position };
}
