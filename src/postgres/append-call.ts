import { BackboneError, type Published } from '../core/index.js';
import { positionOf } from './native-position.js';
import { rowsOf, type Queryable } from './queryable.js';
import type { EventInput } from './stored-event.js';
import type { TableNames } from './table-names.js';

/** What one call of the append function is given. */
export interface AppendCall {
  readonly stream: string;
  readonly events: readonly EventInput[];
  readonly expected: string;
}

interface StoredRow {
  readonly stored: string | null;
  readonly duplicate: boolean;
  readonly conflict: string | null;
}

/**
 * Appends events, all or none.
 *
 * @throws BackboneError `EB_CONFLICT` when the key is not in the expected version; otherwise what the server says.
 */
export async function appendEvents(on: Queryable, t: TableNames, call: AppendCall): Promise<readonly Published[]> {
  const { stream, events, expected } = call;
  const [event] = events;
  if (expected === 'any' && event && events.length === 1) {
    const position = await appendOne(on, t, stream, event);
    if (position !== null) return [{ position: positionOf(position), duplicate: false }];
  }
  const sql = `SELECT stored::text, duplicate, conflict::text FROM ${t.append}($1::text, $2::jsonb, $3::text)`;
  const rows = await rowsOf<StoredRow>(on, sql, [stream, JSON.stringify(events), expected]);
  const actual = rows[0]?.conflict ?? undefined;
  if (actual !== undefined) {
    throw new BackboneError(
      'EB_CONFLICT',
      `the key holds ${actual} events where ${expected} was expected; read it again and decide anew`,
      { details: { expected, actual: Number(actual) } },
    );
  }
  if (rows.length !== events.length) {
    throw new BackboneError('EB_OUTCOME_UNKNOWN', 'the append function gave no answer; repeat with the same event id');
  }
  return rows.map(({ stored, duplicate }) => ({ position: positionOf(stored ?? '0'), duplicate }));
}

/** Gives the position of an event that is new. */
async function appendOne(on: Queryable, t: TableNames, stream: string, event: EventInput): Promise<string | null> {
  const { id, type, key, time, metadata, fields, personal } = event;
  const sql = `SELECT ${t.appendOne}($1, $2, $3, $4, $5, $6, $7, $8)::text AS stored`;
  const json = [JSON.stringify(metadata), JSON.stringify(fields), personal && JSON.stringify(personal)];
  const [row] = await rowsOf<{ stored: string | null }>(on, sql, [stream, id, type, key, time, ...json]);
  return row?.stored ?? null;
}
