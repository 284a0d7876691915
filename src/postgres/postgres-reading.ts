import { setTimeout as sleep } from 'node:timers/promises';
import { beyondEnd, follow, onlyPosition, type ReadEvent, type ReadOptions, type ReadPage } from '../core/index.js';
import type { Database } from './database.js';
import { eventColumns } from './event-columns.js';
import type { MarkSampling } from './mark-sampling.js';
import { numberOf, positionOf, reachOf } from './native-position.js';
import { channelError } from './postgres-failure.js';
import type { Mark } from './safe-mark.js';
import { messageOf, type EventRow } from './stored-event.js';
import { streamName } from './stream-name.js';
import type { TableNames } from './table-names.js';
import { lookAgainMs, type WakeUp } from './wake-up.js';

/** What a read works with. */
export interface ReadingInput {
  readonly database: Database;
  readonly tables: TableNames;
  readonly marks: MarkSampling;
  readonly wakeUp: WakeUp;
  readonly pollMs: number;
  /** How long to try in spite of a server that is away. */
  readonly patienceMs: number;
}

const DEFAULT_BATCH_SIZE = 100;
const LARGEST_BATCH = 1_000;
// What was appended before the read is there at once unless others append at the same time; those are soon done.
const WAIT_FOR_APPENDS_MS = 1_000;
/** So many events of others there may be between two of an append. */
const WIDEST_GAP = 10_000;
const HIGHEST = 2n ** 63n - 1n;
/** The last one that a `Date` can name. */
const LATEST_MS = 8.64e15;

/** The positions of a read: behind one, up to another. */
interface PositionRange {
  readonly after: bigint;
  readonly until: bigint;
}

/** Reads the events that were asked for, in batches, up to what can be read without skipping any. */
export async function* readEvents(
  input: ReadingInput,
  options: ReadOptions,
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  try {
    if (options.follow) yield* followEvents(input, options);
    else if (options.ids) yield* eventsWithIds(input, options, options.ids);
    else {
      const only = onlyPosition(options);
      const range = only ? alone(numberOf(only)) : await withinTimes(input, options, await endOf(input, options));
      for await (const { events } of pagesOf(input, options, range)) if (events.length > 0) yield events;
    }
  } catch (error) {
    throw channelError('reading', error);
  }
}

/** An event as a reader without a group gets it. */
export function readEvent(row: EventRow): ReadEvent {
  return { position: positionOf(row.position), appendedAt: Number(row.appended_at), message: messageOf(row) };
}

function followEvents(
  input: ReadingInput,
  options: ReadOptions,
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  const { wakeUp, pollMs } = input;
  let mark: Mark | undefined;
  let begin = 0n;
  let woken = Promise.resolve();
  wakeUp.start();
  return follow(options, {
    pages: async function* (after) {
      // Before looking: what comes while it looks must not go unnoticed.
      if (options.follow) woken = wakeUp.next(pollMs, options.follow);
      const isFirst = mark === undefined;
      mark = await sample(input);
      if (isFirst) {
        if (reachOf(after) > mark.last) throw beyondEnd();
        begin = (await withinTimes(input, options, mark.safe)).after;
      }
      const reached = reachOf(after);
      yield* pagesOf(input, options, { after: reached > begin ? reached : begin, until: mark.safe });
    },
    more: async (idle, signal) => {
      const againMs = mark && lookAgainMs(mark, idle);
      await (againMs === undefined ? woken : Promise.race([woken, wakeUp.next(againMs, signal)]));
    },
  });
}

async function* eventsWithIds(
  input: ReadingInput,
  options: ReadOptions,
  ids: readonly string[],
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  const size = sizeOf(options);
  const after = String(reachOf(options.after ?? []));
  const until = String(options.until ? reachOf(options.until) : HIGHEST);
  for (let i = 0; i < ids.length; i += size) {
    const some = ids.slice(i, i + size);
    const condition = `e.id = ANY ($9::text[]) ORDER BY array_position($9::text[], e.id)`;
    const rows = await select(input, options, condition, [after, until, some]);
    if (rows.length > 0) yield rows.map(readEvent);
  }
}

async function* pagesOf(
  input: ReadingInput,
  options: ReadOptions,
  { after, until }: PositionRange,
): AsyncGenerator<ReadPage, void, undefined> {
  const size = sizeOf(options);
  const page = (from: bigint) =>
    select(input, options, 'true ORDER BY e.position LIMIT $9', [String(from), String(until), size]);
  let next: Promise<readonly EventRow[]> | undefined;
  for (let from = after; from < until;) {
    const rows = await (next ?? page(from));
    const isFirst = from === after;
    const last = rows.length < size ? undefined : rows.at(-1);
    from = last ? BigInt(last.position) : until;
    // Whoever wanted a second page wants the others, too: each is fetched while the one before is worked on.
    next = isFirst || from >= until ? undefined : page(from);
    // Nobody may ask for it.
    next?.catch(() => undefined);
    yield { events: rows.map(readEvent), reached: [positionOf(String(from))] };
  }
}

function alone(position: bigint): PositionRange {
  return { after: position - 1n, until: position };
}

/**
 * The positions in which all events of the times asked for lie. Only an index of times finds them, since clocks are set back
 * and appends overtake each other; the events of a key have one of their own, and are few.
 */
async function withinTimes(input: ReadingInput, options: ReadOptions, end: bigint): Promise<PositionRange> {
  const { stream, key, after = [], fromMs, untilMs } = options;
  const range = { after: reachOf(after), until: end };
  if ((fromMs === undefined && untilMs === undefined) || key !== undefined) return range;
  // Nothing is gained by the lowest and the highest positions one by one: two indexes would be looked through for them.
  const sql = `SELECT (min(p.position) - 1)::text AS after, max(p.position)::text AS until FROM (
      SELECT e.position FROM ${input.tables.events} e
      WHERE e.stream = $1 AND e.position > $2::bigint AND e.position <= $3::bigint AND ${isWithinTimes('$4', '$5')}
      OFFSET 0) p`;
  const values = [streamName(stream), String(range.after), String(end), secondsOf(fromMs), secondsOf(untilMs)];
  const run = () => input.database.run<{ after: string | null; until: string | null }>(sql, values);
  const [found] = await input.database.insist(run, input.patienceMs);
  if (found?.after == null || found.until == null) return { after: end, until: end };
  return { after: BigInt(found.after), until: BigInt(found.until) };
}

function isWithinTimes(from: string, until: string): string {
  const limit = (seconds: string, comparison: string) =>
    `(${seconds}::float8 IS NULL OR e.appended_at ${comparison} to_timestamp(${seconds}))`;
  return `${limit(from, '>=')} AND ${limit(until, '<')}`;
}

/** Times are whole milliseconds: what was stored within the last of them does not belong to the next one. */
function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.min(Math.max(Math.ceil(ms), 0), LATEST_MS) / 1000;
}

/**
 * Where the read ends. The events of a key are read as they are: who asks for them decides on all of them, and must not
 * miss what was just confirmed because somebody else appends.
 */
async function endOf(input: ReadingInput, options: ReadOptions): Promise<bigint> {
  const asked = options.until && reachOf(options.until);
  if (options.key !== undefined) return asked ?? HIGHEST;
  const latest = performance.now() + WAIT_FOR_APPENDS_MS;
  const first = await sample(input);
  if ((asked ?? 0n) > first.last || reachOf(options.after ?? []) > first.last) throw beyondEnd();
  let end = asked !== undefined && asked < first.last ? asked : first.last;
  let { safe } = first;
  while (safe < end && performance.now() < latest) {
    await sleep(lookAgainMs(first, 0) ?? 0);
    ({ safe } = await sample(input));
  }
  if (safe < end) end = safe;
  return end === asked || first.appending.length === 0 ? end : wholeAppends(input, options, end);
}

/** Where the last append ends that lies wholly up to there: one that was under way may have drawn more positions since. */
async function wholeAppends(
  input: ReadingInput,
  options: ReadOptions,
  end: bigint,
  within = WIDEST_GAP,
): Promise<bigint> {
  const { database, tables, patienceMs } = input;
  // One pass that needs no statistics: a table that has just grown has none, and a join would be planned for few rows.
  const sql = `SELECT (min(a.first) - 1)::text AS cut FROM (
      SELECT min(e.position) AS first, max(e.position) AS last FROM ${tables.events} e
      WHERE e.stream = $1 AND e.position > $2::bigint - $3::bigint GROUP BY e.xmin::text) a
    WHERE a.first <= $2::bigint AND a.last > $2::bigint`;
  const values = [streamName(options.stream), String(end), within];
  const [row] = await database.insist(() => database.run<{ cut: string | null }>(sql, values), patienceMs);
  // An append may go on below: each time twice as far, so that a very long one takes few looks.
  return row?.cut == null ? end : wholeAppends(input, options, BigInt(row.cut), within * 2);
}

function sample({ database, marks, patienceMs }: ReadingInput): Promise<Mark> {
  return database.insist(() => marks.now(), patienceMs);
}

function sizeOf({ batchSize = DEFAULT_BATCH_SIZE }: ReadOptions): number {
  return Math.min(Math.max(1, Math.trunc(batchSize)), LARGEST_BATCH);
}

/** `values` are the position to begin behind, the last one, and those of the condition. */
function select(
  { database, tables, patienceMs }: ReadingInput,
  { stream, types, key, fields, fromMs, untilMs }: ReadOptions,
  condition: string,
  [after, until, ...values]: readonly unknown[],
): Promise<readonly EventRow[]> {
  const some = (column: string) =>
    `(SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}') FROM jsonb_each(${column}) f
      WHERE f.key = ANY ($6))`;
  const columns = eventColumns(
    'e',
    `CASE WHEN $6::text[] IS NULL THEN e.fields ELSE ${some('e.fields')} END`,
    `CASE WHEN $6::text[] IS NULL OR e.personal IS NULL THEN e.personal ELSE ${some('e.personal')} END`,
  );
  const sql = `SELECT ${columns} FROM ${tables.events} e
    WHERE e.stream = $1 AND e.position > $2::bigint AND e.position <= $3::bigint
      AND ($4::text[] IS NULL OR e.type = ANY ($4)) AND ($5::text IS NULL OR e.key = $5)
      AND ${isWithinTimes('$7', '$8')} AND ${condition}`;
  const times = [secondsOf(fromMs), secondsOf(untilMs)];
  const all = [streamName(stream), after, until, types ?? null, key ?? null, fields ?? null, ...times, ...values];
  return database.insist(() => database.run<EventRow>(sql, all), patienceMs);
}
