import { setTimeout as sleep } from 'node:timers/promises';
import { follow, type ReadEvent, type ReadOptions, type ReadPage } from '../core/index.js';
import type { Database } from './database.js';
import { eventColumns } from './event-columns.js';
import { positionOf, reachOf } from './native-position.js';
import { channelError } from './postgres-failure.js';
import type { Mark, SafeMark } from './safe-mark.js';
import { messageOf, type EventRow } from './stored-event.js';
import { streamName } from './stream-name.js';
import type { TableNames } from './table-names.js';
import { lookAgainMs, type WakeUp } from './wake-up.js';

/** What a read works with. */
export interface ReadingInput {
  readonly database: Database;
  readonly tables: TableNames;
  readonly safeMark: SafeMark;
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

/** Reads the events that were asked for, in batches, up to what can be read without skipping any. */
export async function* readEvents(
  input: ReadingInput,
  options: ReadOptions,
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  try {
    if (options.follow) yield* followEvents(input, options);
    else if (options.ids) yield* eventsWithIds(input, options, options.ids);
    else {
      const until = await endOf(input, options);
      for await (const { events } of pagesOf(input, options, until)) if (events.length > 0) yield events;
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
  let woken = Promise.resolve();
  wakeUp.start();
  return follow(options, {
    pages: async function* (after) {
      // Before looking: what comes while it looks must not go unnoticed.
      if (options.follow) woken = wakeUp.next(pollMs, options.follow);
      mark = await sample(input);
      yield* pagesOf(input, { ...options, after }, mark.safe);
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
    const condition = `e.id = ANY ($7::text[]) ORDER BY array_position($7::text[], e.id)`;
    const rows = await select(input, options, condition, [after, until, some]);
    if (rows.length > 0) yield rows.map(readEvent);
  }
}

async function* pagesOf(
  input: ReadingInput,
  options: ReadOptions,
  until: bigint,
): AsyncGenerator<ReadPage, void, undefined> {
  const size = sizeOf(options);
  for (let from = reachOf(options.after ?? []); from < until;) {
    const values = [String(from), String(until), size];
    const rows = await select(input, options, 'true ORDER BY e.position LIMIT $7', values);
    const last = rows.length < size ? undefined : rows.at(-1);
    from = last ? BigInt(last.position) : until;
    yield { events: rows.map(readEvent), reached: [positionOf(String(from))] };
  }
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

function sample({ database, safeMark, patienceMs }: ReadingInput): Promise<Mark> {
  return database.insist(() => safeMark.now(), patienceMs);
}

function sizeOf({ batchSize = DEFAULT_BATCH_SIZE }: ReadOptions): number {
  return Math.min(Math.max(1, Math.trunc(batchSize)), LARGEST_BATCH);
}

/** `values` are the position to begin behind, the last one, and those of the condition. */
function select(
  { database, tables, patienceMs }: ReadingInput,
  { stream, types, key, fields }: ReadOptions,
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
      AND ($4::text[] IS NULL OR e.type = ANY ($4)) AND ($5::text IS NULL OR e.key = $5) AND ${condition}`;
  const all = [streamName(stream), after, until, types ?? null, key ?? null, fields ?? null, ...values];
  return database.insist(() => database.run<EventRow>(sql, all), patienceMs);
}
