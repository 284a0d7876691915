import pg from 'pg';
import type { ReadModel, ShadowModel } from '../core/index.js';
import { outliveConnections } from './outlive-connections.js';
import { dropObjects, moveObjects, objectsIn, type MadeObject } from './read-model-objects.js';
import { readModelSettings, type PostgresReadModelOptions } from './read-model-options.js';
import { leaseLost, PostgresSide } from './read-model-side.js';
import { ReadModelTables } from './read-model-tables.js';
import { inTransaction, quoted, type SqlTransaction } from './sql-transaction.js';

/** A read model in PostgreSQL. */
export type PostgresReadModel = ReadModel<SqlTransaction>;

/**
 * Makes a read model in a schema of a PostgreSQL database: projections write its tables in transactions that hold their
 * checkpoints, too. Connects on first use. See docs/projections.md for tables and rights.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function postgresReadModel(options: PostgresReadModelOptions): PostgresReadModel {
  const { schema, searchPath, pool: given } = readModelSettings(options);
  const pool = options.pool ?? new pg.Pool(given as pg.PoolConfig);
  // The loss of an idle connection is nobody's failure; without a listener it would end the process.
  if (!options.pool) pool.on('error', () => undefined);
  const tables = new ReadModelTables(pool, schema, searchPath);
  const letConnectionsBe = outliveConnections(pool);
  const end = async () => (options.pool ? letConnectionsBe() : pool.end());
  let closed: Promise<void> | undefined;
  return Object.assign(new PostgresSide(pool, tables, 'live'), {
    shadow: new PostgresShadow(pool, tables),
    close: () => (closed ??= end()),
  });
}

/** Readers that hold the old tables keep the swap waiting, and new readers behind it: not for long. */
const LOCK_TIMEOUT_MS = 2_000;

class PostgresShadow extends PostgresSide implements ShadowModel<SqlTransaction> {
  readonly #pool: pg.Pool;
  readonly #tables: ReadModelTables;

  constructor(pool: pg.Pool, tables: ReadModelTables) {
    super(pool, tables, 'shadow');
    this.#pool = pool;
    this.#tables = tables;
  }

  async replaceLive(projection: string, fence: number): Promise<void> {
    const { schema, checkpoints, skipped } = this.#tables;
    const shadow = this.#tables.schemaOf(projection, 'shadow');
    await inTransaction(this.#pool, `BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`, async (tx) => {
      await this.#tables.lock(tx);
      const { rowCount } = await tx.query(
        `SELECT FROM ${checkpoints} WHERE projection = $1 AND side = 'shadow' AND fence = $2 FOR UPDATE`,
        [projection, fence],
      );
      if (rowCount === 0) throw leaseLost(projection);
      const { rows } = await tx.query<{ objects: readonly MadeObject[] }>(
        `SELECT objects FROM ${checkpoints} WHERE projection = $1 AND side = 'live'`,
        [projection],
      );
      // The tables first, the live checkpoint last: a follower of the old model takes them in the same order.
      await dropObjects(tx, schema, rows[0]?.objects ?? []);
      const made = await objectsIn(tx, shadow);
      await moveObjects(tx, made, shadow, schema);
      await tx.query(`DROP SCHEMA ${quoted(shadow)}`);
      await tx.query(
        `INSERT INTO ${checkpoints} AS live (projection, side, fence, holder, version, complete, checkpoint, anchor, objects)
         SELECT projection, 'live', fence, holder, version, complete, checkpoint, anchor, $2
         FROM ${checkpoints} WHERE projection = $1 AND side = 'shadow'
         ON CONFLICT (projection, side) DO UPDATE SET (holder, version, complete, checkpoint, anchor, objects, changed_at) =
           (excluded.holder, excluded.version, excluded.complete, excluded.checkpoint, excluded.anchor, excluded.objects, now()),
           fence = greatest(live.fence, excluded.fence) + 1`,
        [projection, JSON.stringify(made)],
      );
      await tx.query(`DELETE FROM ${checkpoints} WHERE projection = $1 AND side = 'shadow'`, [projection]);
      await tx.query(`DELETE FROM ${skipped} WHERE projection = $1 AND side = 'live'`, [projection]);
      await tx.query(`UPDATE ${skipped} SET side = 'live' WHERE projection = $1 AND side = 'shadow'`, [projection]);
    });
  }
}
