import { BackboneError } from '../core/index.js';
import { rowsOf, type Queryable } from './queryable.js';
import { LOCKS, tableNames, type TableOptions } from './table-names.js';

/** Where the table of a payload store is, as SQL: every name is quoted. */
export interface PayloadTable {
  readonly name: string;
  /** The first number of its advisory locks. */
  readonly lock: number;
}

/**
 * Prints the SQL that makes the table of a payload store, for roles that may not make it themselves. It can be run again:
 * what is there stays.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function postgresPayloadSchema(options: TableOptions = {}): string {
  const { schema = 'public' } = options;
  const names = tableNames({ ...DEFAULTS, ...options });
  return `${schema === 'public' ? '' : `CREATE SCHEMA IF NOT EXISTS ${names.schema};\n\n`}CREATE TABLE IF NOT EXISTS ${names.events} (
  event_id text COLLATE "C" NOT NULL,
  field text COLLATE "C" NOT NULL,
  value bytea NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (event_id, field)
);
CREATE INDEX IF NOT EXISTS ${names.index('expires_at')} ON ${names.events} (expires_at) WHERE expires_at IS NOT NULL;`;
}

const DEFAULTS = { table: 'eb_payloads' } as const;

/**
 * Names the table of a payload store.
 *
 * @throws BackboneError `EB_OPTIONS` for a name that would not be an identifier.
 */
export function payloadTable(options: TableOptions): PayloadTable {
  const { events: name, lock } = tableNames({ ...DEFAULTS, ...options });
  return { name, lock };
}

interface FoundRow {
  readonly there: boolean;
  readonly replica: boolean;
}

/** Looks at the server before it is used first, and makes the table unless it is there, once however many processes try. */
export async function ensurePayloadTable(on: Queryable, options: TableOptions, create: boolean): Promise<void> {
  const { name, lock } = payloadTable(options);
  const found = 'SELECT to_regclass($1) IS NOT NULL AS there, pg_is_in_recovery() AS replica';
  const [row] = await rowsOf<FoundRow>(on, found, [name]);
  if (row?.replica === true) {
    throw new BackboneError('EB_NOT_STORED', 'this PostgreSQL server is a replica; connect to the primary');
  }
  if (row?.there === true) return;
  if (!create) {
    const message = `there is no table ${name}; run what postgresPayloadSchema() prints, or let the store create it`;
    throw new BackboneError('EB_CHANNEL', message);
  }
  // Without parameters all of it is one transaction.
  await on.query(`SELECT pg_advisory_xact_lock(${lock}, ${LOCKS.create});\n${postgresPayloadSchema(options)}`, []);
}
