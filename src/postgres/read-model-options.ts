import type { Pool, PoolConfig } from 'pg';
import { BackboneError } from '../core/index.js';

/** Where a read model is. Name one of `url`, `options` and `pool`. */
export interface PostgresReadModelOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url?: string;
  /** The client's own options: host and port, TLS, user, size of the pool, ... */
  readonly options?: PoolConfig;
  /** An existing pool; it stays yours and open. */
  readonly pool?: Pool;
  /** The schema of the projections' tables; made when it is not there. Default `public`. */
  readonly schema?: string;
  /** Further schemas to look for names in, behind the model's own: those of extensions. Default none. */
  readonly searchPath?: readonly string[];
  /** How long to wait for one reply. Default 60 000; not for a pool that was passed in. */
  readonly queryTimeoutMs?: number;
}

/** Which of the two models of a projection: the one that is read, or the one that is built beside it. */
export type SideName = 'live' | 'shadow';

/** The options with every default filled in. */
export interface ReadModelSettings {
  readonly schema: string;
  readonly searchPath: readonly string[];
  readonly pool: Pool | PoolConfig;
}

const KNOWN = new Set(['url', 'options', 'pool', 'schema', 'searchPath', 'queryTimeoutMs']);
const LONGEST_NAME = 63;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws BackboneError `EB_OPTIONS`; the message never holds a URL, which may hold a password.
 */
export function readModelSettings(given: PostgresReadModelOptions): ReadModelSettings {
  const unknown = Object.keys(given).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw refused(`postgresReadModel has no option "${unknown.join('", "')}"`);
  const { url, options, pool, schema = 'public', searchPath = [], queryTimeoutMs = 60_000 } = given;
  if ([url, options, pool].filter((way) => way !== undefined).length !== 1) {
    throw refused('postgresReadModel needs one of url, options and pool');
  }
  if (url !== undefined && !(/^postgres(ql)?:\/\//i.test(url) && URL.canParse(url))) {
    throw refused('the url is not of the form postgres://user:password@host:port/database');
  }
  if (!Number.isSafeInteger(queryTimeoutMs) || queryTimeoutMs < 1) {
    throw refused('queryTimeoutMs must be a whole number from 1');
  }
  for (const name of [schema, ...searchPath]) checkIdentifier(name);
  if (searchPath.includes(schema)) throw refused("searchPath is for other schemas than the model's own");
  const config = { connectionTimeoutMillis: 5_000, query_timeout: queryTimeoutMs, keepAlive: true, ...options };
  return { schema, searchPath, pool: pool ?? (url === undefined ? config : { ...config, connectionString: url }) };
}

/**
 * The schema in which a projection's model is built beside the live one.
 *
 * @throws BackboneError `EB_OPTIONS` when PostgreSQL would cut the name off.
 */
export function shadowSchema(schema: string, projection: string): string {
  return checkIdentifier(`${schema}~${projection}`);
}

function checkIdentifier(name: string): string {
  if (name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= LONGEST_NAME) return name;
  throw refused(
    `the schema name "${name.slice(0, 80)}" is empty or longer than ${LONGEST_NAME} bytes; choose another one`,
  );
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
