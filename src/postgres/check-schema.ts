import { setTimeout as sleep } from 'node:timers/promises';
import { BackboneError } from '../core/index.js';
import { stateOf } from './postgres-failure.js';
import type { PostgresSchemaOptions } from './postgres-options.js';
import { postgresSchema, schemaMark } from './postgres-schema.js';
import { rowsOf, type Queryable } from './queryable.js';
import { LOCKS, tableNames } from './table-names.js';

/**
 * Checks that the tables of a channel are there and made as the options say, and resolves with nothing if so.
 *
 * @throws BackboneError `EB_CHANNEL` when they are missing, `EB_OPTIONS` when they were made with other options; the
 *   message says what to run.
 */
export async function checkPostgresSchema(on: Queryable, options: PostgresSchemaOptions = {}): Promise<void> {
  const found = await foundMark(on, options);
  const wanted = schemaMark(options);
  if (found === wanted) return;
  const { events } = tableNames(options);
  if (found === undefined) {
    throw new BackboneError(
      'EB_CHANNEL',
      `there is no table ${events}, or not one of this library; run what postgresSchema() prints, or let the channel create it`,
    );
  }
  throw new BackboneError(
    'EB_OPTIONS',
    `the table ${events} was made for "${found}", the channel wants "${wanted}"; use the same options, or run what ` +
      'postgresSchema() prints to change ordering and notify',
  );
}

/** Makes the tables unless they are there, once however many processes try, and checks them. */
export async function ensureSchema(on: Queryable, options: PostgresSchemaOptions, create: boolean): Promise<void> {
  if (create && (await foundMark(on, options)) === undefined) {
    const { lock } = tableNames(options);
    await createOnce(on, `SELECT pg_advisory_xact_lock(${lock}, ${LOCKS.create});\n${postgresSchema(options)}`);
  }
  await checkPostgresSchema(on, options);
}

/** Without parameters all of it is one transaction. */
async function createOnce(on: Queryable, ddl: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await on.query(ddl, []);
      return;
    } catch (error) {
      // Another process has made something in the same moment.
      if (attempt > 3 || !/^(23505|42P07|42710|42723|XX000|40P01)$/.test(stateOf(error) ?? '')) throw error;
      await sleep(50 * attempt);
    }
  }
}

async function foundMark(on: Queryable, options: PostgresSchemaOptions): Promise<string | undefined> {
  const { events } = tableNames(options);
  const rows = await rowsOf<{ mark: string | null }>(
    on,
    `SELECT obj_description(to_regclass($1), 'pg_class') AS mark`,
    [events],
  );
  const mark = rows[0]?.mark ?? undefined;
  return mark?.startsWith('nest-event-backbone ') ? mark : undefined;
}
