import type { Pool } from 'pg';
import { shadowSchema, type SideName } from './read-model-options.js';
import { inTransaction, quoted, type SqlTransaction } from './sql-transaction.js';

/** The tables that the read model itself needs, beside those of the projections. */
export class ReadModelTables {
  readonly schema: string;
  readonly searchPath: readonly string[];
  /** How far each projection is. */
  readonly checkpoints: string;
  /** The events that were passed over. */
  readonly skipped: string;
  readonly #pool: Pool;
  #ready: Promise<void> | undefined;

  constructor(pool: Pool, schema: string, searchPath: readonly string[]) {
    this.#pool = pool;
    this.schema = schema;
    this.searchPath = searchPath;
    this.checkpoints = `${quoted(schema)}.eb_projections`;
    this.skipped = `${quoted(schema)}.eb_skipped_events`;
  }

  /** The schema that a projection writes to. */
  schemaOf(projection: string, side: SideName): string {
    return side === 'live' ? this.schema : shadowSchema(this.schema, projection);
  }

  /** Makes what is not there yet; nothing is asked for where all is, so that a role without such rights can run. */
  ready(): Promise<void> {
    this.#ready ??= this.#make().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  /** Lets one at a time make or move tables, until its transaction ends. */
  async lock(tx: SqlTransaction): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('nest-event-backbone:read-model'), hashtext($1))`, [
      this.schema,
    ]);
  }

  async #make(): Promise<void> {
    const there = `SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL AS made`;
    const { rows } = await this.#pool.query<{ made: boolean }>(there, [this.checkpoints, this.skipped]);
    if (rows[0]?.made === true) return;
    await inTransaction(this.#pool, 'BEGIN', async (tx) => {
      await this.lock(tx);
      await tx.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(this.schema)}`);
      await tx.query(`CREATE TABLE IF NOT EXISTS ${this.checkpoints} (
        projection text NOT NULL, side text NOT NULL CHECK (side IN ('live', 'shadow')),
        fence bigint NOT NULL DEFAULT 1, holder text NOT NULL, version integer NOT NULL DEFAULT 0, complete boolean NOT NULL DEFAULT false,
        checkpoint jsonb NOT NULL DEFAULT '[]', anchor jsonb, objects jsonb NOT NULL DEFAULT '[]',
        changed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (projection, side))`);
      await tx.query(`CREATE TABLE IF NOT EXISTS ${this.skipped} (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, projection text NOT NULL, side text NOT NULL,
        position jsonb NOT NULL, event_id text, type text, reason jsonb NOT NULL,
        skipped_at timestamptz NOT NULL DEFAULT now())`);
    });
  }
}
