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
 * Appends events in one statement.
 *
 * @throws BackboneError `EB_CONFLICT` when the key is not in the expected version; otherwise what the server says.
 */
export async function appendEvents(
  on: Queryable,
  t: TableNames,
  { stream, events, expected }: AppendCall,
): Promise<readonly Published[]> {
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
