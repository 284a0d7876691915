import {
  checkedName,
  type ChannelAdmin,
  type GroupState,
  type ResetTarget,
  type Stream,
  type StreamExtent,
  type TrimLimits,
} from '../core/index.js';
import { PostgresDeadLetters } from './dead-letters.js';
import type { Database } from './database.js';
import { groupStates } from './group-state.js';
import { said } from './postgres-failure.js';
import type { PostgresSettings } from './postgres-options.js';
import { resetGroup } from './reset.js';
import { StreamExtents } from './stream-extents.js';
import { streamName } from './stream-name.js';
import type { TableNames } from './table-names.js';
import { trimStream } from './trim.js';

/** What an administration works with. */
export interface PostgresAdminInput {
  readonly database: Database;
  readonly tables: TableNames;
  readonly settings: PostgresSettings;
  /** Called when something is to be handed out that was not before. */
  readonly tellAll: () => Promise<void>;
}

/** What an operator does to the streams of a PostgreSQL channel. */
export class PostgresAdmin implements ChannelAdmin {
  readonly deadLetters: PostgresDeadLetters;
  readonly #in: PostgresAdminInput;
  readonly #extents: StreamExtents;

  constructor(input: PostgresAdminInput) {
    this.#in = input;
    this.#extents = new StreamExtents(input.database, input.tables);
    this.deadLetters = new PostgresDeadLetters(input.database, input.tables, input.tellAll);
  }

  async groups(stream: Stream): Promise<readonly GroupState[]> {
    const { database, tables } = this.#in;
    return said('the groups', () => groupStates(database, tables, streamName(stream), null));
  }

  async extent(stream: Stream): Promise<StreamExtent> {
    return said('how much a stream holds', () => this.#extents.of(streamName(stream)));
  }

  async state(stream: Stream, group: string): Promise<GroupState | undefined> {
    const { database, tables } = this.#in;
    const [state] = await said('the state of a group', () => groupStates(database, tables, streamName(stream), group));
    return state;
  }

  async reset(stream: Stream, group: string, to: ResetTarget): Promise<void> {
    const { database, tables, tellAll } = this.#in;
    const moved = { stream: streamName(stream), group: checkedName('group', group), to };
    await said('the reset', () => resetGroup(database, tables, moved));
    await tellAll();
  }

  async trim(stream: Stream, limits: TrimLimits): Promise<number> {
    const { database, tables, settings } = this.#in;
    const { dedupeMs } = settings;
    return said('the trim', () => trimStream(database, tables, { stream: streamName(stream), limits, dedupeMs }));
  }

  async erase(stream: Stream, ids: readonly string[], fields?: readonly string[]): Promise<number> {
    const { database, tables: t } = this.#in;
    // A field stays as a name without a value.
    const rows = await said('the erasure', () =>
      database.run(
        `UPDATE ${t.events} e SET
           fields = coalesce((SELECT jsonb_object_agg(f.key, CASE WHEN f.key = ANY ($3) THEN 'null' ELSE f.value END)
             FROM jsonb_each(e.fields) f), '{}'),
           personal = (SELECT jsonb_object_agg(p.key, CASE WHEN $3::text[] IS NULL OR p.key = ANY ($3) THEN 'null' ELSE p.value END)
             FROM jsonb_each(e.personal) p)
         WHERE e.stream = $1 AND e.id = ANY ($2::text[]) AND (
           EXISTS (SELECT FROM jsonb_each(e.fields) f WHERE f.value <> 'null' AND f.key = ANY ($3))
           OR EXISTS (
             SELECT FROM jsonb_each(e.personal) p
             WHERE p.value <> 'null' AND ($3::text[] IS NULL OR p.key = ANY ($3))
           )
         ) RETURNING 1`,
        [streamName(stream), [...new Set(ids)], fields ?? null],
      ),
    );
    return rows.length;
  }
}
