import type { Pool } from 'pg';
import {
  BackboneError,
  type Anchor,
  type Checkpoint,
  type ReadModelSide,
  type SavedCheckpoint,
  type SkippedEvent,
} from '../core/index.js';
import { failureKind } from './postgres-failure.js';
import { dropObjects, objectsIn } from './read-model-objects.js';
import type { SideName } from './read-model-options.js';
import type { ReadModelTables } from './read-model-tables.js';
import { inTransaction, quoted, type SqlTransaction } from './sql-transaction.js';

const PASSING: ReadonlySet<string> = new Set(['unsent', 'unknown', 'refused', 'full']);
const MOST_CAUSES = 5;

/** The live models of a database, or the ones that are built beside them. */
export class PostgresSide implements ReadModelSide<SqlTransaction> {
  readonly #pool: Pool;
  readonly #tables: ReadModelTables;
  readonly #side: SideName;

  constructor(pool: Pool, tables: ReadModelTables, side: SideName) {
    this.#pool = pool;
    this.#tables = tables;
    this.#side = side;
  }

  async load(projection: string): Promise<SavedCheckpoint | undefined> {
    await this.#tables.ready();
    const text = `SELECT * FROM ${this.#tables.checkpoints} WHERE projection = $1 AND side = $2`;
    const { rows } = await this.#pool.query<CheckpointRow>(text, [projection, this.#side]);
    return rows[0] && savedIn(rows[0]);
  }

  async takeFence(projection: string, holder: string, again = false): Promise<SavedCheckpoint> {
    await this.#tables.ready();
    const { checkpoints } = this.#tables;
    // Its reply may have been lost: whoever took the last fence may always take the next one.
    const text = again
      ? `UPDATE ${checkpoints} SET fence = fence + 1, changed_at = now()
         WHERE projection = $1 AND side = $2 AND holder = $3 RETURNING *`
      : `INSERT INTO ${checkpoints} AS own (projection, side, holder) VALUES ($1, $2, $3)
         ON CONFLICT (projection, side) DO UPDATE SET fence = own.fence + 1, holder = $3, changed_at = now() RETURNING *`;
    const { rows } = await this.#pool.query<CheckpointRow>(text, [projection, this.#side, holder]);
    if (rows[0]) return savedIn(rows[0]);
    throw leaseLost(projection);
  }

  async save(projection: string, next: SavedCheckpoint, tx: SqlTransaction): Promise<void> {
    const { checkpoint, anchor = null, version, complete, fence } = next;
    const { rowCount } = await tx.query(
      `UPDATE ${this.#tables.checkpoints}
       SET checkpoint = $4, anchor = $5, version = $6, complete = $7, changed_at = now()
       WHERE projection = $1 AND side = $2 AND fence = $3`,
      [projection, this.#side, fence, JSON.stringify(checkpoint), anchor && JSON.stringify(anchor), version, complete],
    );
    if (rowCount === 0) throw leaseLost(projection);
  }

  async transaction<T>(projection: string, work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    await this.#tables.ready();
    return inTransaction(this.#pool, this.#begin(projection), work);
  }

  async recreate(
    projection: string,
    next: SavedCheckpoint,
    create: (tx: SqlTransaction) => Promise<void>,
  ): Promise<void> {
    await this.#tables.ready();
    const schema = this.#tables.schemaOf(projection, this.#side);
    const { checkpoints, skipped } = this.#tables;
    const own = [projection, this.#side];
    await inTransaction(this.#pool, this.#begin(projection), async (tx) => {
      // Two projections that make tables in one schema at a time would take each other's for their own.
      await this.#tables.lock(tx);
      if (this.#side === 'shadow') {
        await tx.query(`DROP SCHEMA IF EXISTS ${quoted(schema)} CASCADE`);
        await tx.query(`CREATE SCHEMA ${quoted(schema)}`);
      } else {
        const { rows } = await tx.query<Pick<CheckpointRow, 'objects'>>(
          `SELECT objects FROM ${checkpoints} WHERE projection = $1 AND side = $2`,
          own,
        );
        await dropObjects(tx, schema, rows[0]?.objects ?? []);
      }
      const before = new Set((await objectsIn(tx, schema)).map(({ kind, name }) => `${kind} ${name}`));
      await create(tx);
      const made = (await objectsIn(tx, schema)).filter(({ kind, name }) => !before.has(`${kind} ${name}`));
      await tx.query(`DELETE FROM ${skipped} WHERE projection = $1 AND side = $2`, own);
      await tx.query(`UPDATE ${checkpoints} SET objects = $3 WHERE projection = $1 AND side = $2`, [
        ...own,
        JSON.stringify(made),
      ]);
      await this.save(projection, next, tx);
    });
  }

  async noteSkipped(projection: string, event: SkippedEvent, tx: SqlTransaction): Promise<void> {
    const { position, eventId = null, type = null, reason } = event;
    await tx.query(
      `INSERT INTO ${this.#tables.skipped} (projection, side, position, event_id, type, reason)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [projection, this.#side, JSON.stringify(position), eventId, type, JSON.stringify(reason)],
    );
  }

  async skipped(projection: string): Promise<readonly SkippedEvent[]> {
    await this.#tables.ready();
    const { rows } = await this.#pool.query<SkippedRow>(
      `SELECT position, event_id, type, reason FROM ${this.#tables.skipped} WHERE projection = $1 AND side = $2 ORDER BY number`,
      [projection, this.#side],
    );
    return rows.map(({ position, event_id: eventId, type, reason }) => {
      return { position, eventId: eventId ?? undefined, type: type ?? undefined, reason };
    });
  }

  isTransient(error: unknown): boolean {
    let cause = error;
    for (let depth = 0; depth < MOST_CAUSES && cause instanceof Error; depth += 1) {
      if (PASSING.has(failureKind(cause))) return true;
      ({ cause } = cause);
    }
    return false;
  }

  #begin(projection: string): string {
    const { searchPath } = this.#tables;
    const path = [this.#tables.schemaOf(projection, this.#side), ...searchPath].map(quoted).join(', ');
    return `BEGIN; SET LOCAL search_path TO ${path}`;
  }
}

interface CheckpointRow {
  readonly fence: string;
  readonly version: number;
  readonly complete: boolean;
  readonly checkpoint: Checkpoint;
  readonly anchor: Anchor | null;
  readonly objects: readonly { readonly kind: string; readonly name: string }[];
}

interface SkippedRow extends Pick<SkippedEvent, 'position' | 'reason'> {
  readonly event_id: string | null;
  readonly type: string | null;
}

function savedIn({ fence, version, complete, checkpoint, anchor }: CheckpointRow): SavedCheckpoint {
  return { fence: Number(fence), version, complete, checkpoint, anchor: anchor ?? undefined };
}

/** The error of whoever saves under an old fence. */
export function leaseLost(projection: string): BackboneError {
  const message = `somebody else runs the projection ${projection} now, or has made its model anew; nothing was saved`;
  return new BackboneError('EB_LEASE_LOST', message, { details: { projection } });
}
