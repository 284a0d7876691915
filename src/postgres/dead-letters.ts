import type { DeadLetter, DeadLetterAdmin, DeadLetterKind, ReadEvent, Stream } from '../core/index.js';
import type { Database } from './database.js';
import { eventColumns } from './event-columns.js';
import { positionOf } from './native-position.js';
import { said } from './postgres-failure.js';
import { readEvent } from './postgres-reading.js';
import { redrive, removeLetters } from './redrive.js';
import type { EventRow } from './stored-event.js';
import { streamName } from './stream-name.js';
import type { TableNames } from './table-names.js';

const DEFAULT_LIMIT = 100;
const IS_ID = /^\d{1,18}$/;

interface LetterRow {
  readonly position: string;
  readonly event_id: string | null;
  readonly type: string | null;
  readonly key: string | null;
  readonly kind: string;
  readonly code: string;
  readonly error: string;
  readonly stack: string | null;
  readonly attempts: number;
  readonly time: string;
}

/** The dead letters of the groups of a PostgreSQL channel. A letter's id is the position of its event. */
export class PostgresDeadLetters implements DeadLetterAdmin {
  readonly #database: Database;
  readonly #t: TableNames;
  readonly #onRedriven: () => Promise<void>;

  constructor(database: Database, tables: TableNames, onRedriven: () => Promise<void>) {
    this.#database = database;
    this.#t = tables;
    this.#onRedriven = onRedriven;
  }

  async list(
    stream: Stream,
    group: string,
    { after = '0', limit = DEFAULT_LIMIT }: { after?: string; limit?: number } = {},
  ): Promise<readonly DeadLetter[]> {
    const [start = '0'] = idsOf([after]);
    const page = 'l.position > $3::bigint ORDER BY l.position LIMIT $4';
    const rows = await this.#letters(stream, group, page, [start, Math.max(0, limit)]);
    return rows.map((row) => letterOf(row, stream, group));
  }

  async show(
    stream: Stream,
    group: string,
    id: string,
  ): Promise<{ letter: DeadLetter; event?: ReadEvent } | undefined> {
    if (!IS_ID.test(id)) return undefined;
    const [row] = await this.#letters(stream, group, 'l.position = $3::bigint', [id]);
    if (!row) return undefined;
    const sql = `SELECT ${eventColumns('e')} FROM ${this.#t.events} e WHERE e.stream = $1 AND e.position = $2::bigint`;
    const [event] = await said('reading a dead letter', () =>
      this.#database.run<EventRow>(sql, [streamName(stream), id]),
    );
    return { letter: letterOf(row, stream, group), ...(event && { event: readEvent(event) }) };
  }

  async redrive(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    const names = { stream: streamName(stream), group };
    const count = await said('the redrive', () => redrive(this.#database, this.#t, names, idsOf(ids)));
    if (count > 0) await this.#onRedriven();
    return count;
  }

  async remove(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    const names = { stream: streamName(stream), group };
    return said('the removal', () => removeLetters(this.#database, this.#t, names, idsOf(ids)));
  }

  #letters(
    stream: Stream,
    group: string,
    condition: string,
    values: readonly unknown[],
  ): Promise<readonly LetterRow[]> {
    const sql = `SELECT l.position::text AS position, l.event_id, l.type, l.key, l.kind, l.code, l.error, l.stack, l.attempts,
        floor(extract(epoch FROM l.time) * 1000)::text AS time
      FROM ${this.#t.letters} l WHERE l.stream = $1 AND l.group_name = $2 AND ${condition}`;
    return said('reading dead letters', () =>
      this.#database.run<LetterRow>(sql, [streamName(stream), group, ...values]),
    );
  }
}

/** What is no id refers to nothing. */
function idsOf(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].filter((id) => IS_ID.test(id));
}

function letterOf(row: LetterRow, stream: Stream, group: string): DeadLetter {
  const { position, kind, code, error, attempts } = row;
  return {
    ...{ id: position, stream, group, position: positionOf(position), code, error, attempts },
    kind: kind as DeadLetterKind,
    ...(row.stack !== null && { stack: row.stack }),
    ...(row.event_id !== null && { eventId: row.event_id }),
    ...(row.type !== null && { type: row.type }),
    ...(row.key !== null && { key: row.key }),
    time: Number(row.time),
  };
}
