import type { Pool, PoolConfig } from 'pg';
import { BackboneError } from '../core/index.js';
import type { TableOptions } from './table-names.js';

/** What the tables of a channel are made of. Channels that share tables must agree on it. */
export interface PostgresSchemaOptions extends TableOptions {
  /** The schema of the tables. Default `public`. */
  readonly schema?: string;
  /** The table of the events; the other tables begin with its name. Default `eb_events`. */
  readonly table?: string;
  /**
   * How positions are kept from being skipped: `sampling` lets appends run side by side, and readers wait for those that
   * are under way; `serial` lets one transaction append at a time. Default `sampling`.
   */
  readonly ordering?: 'sampling' | 'serial';
  /**
   * How consumers are woken: by few notifications, one per statement, or none. Appends with notifications cannot be
   * prepared for a two-phase commit. Default `throttled`.
   */
  readonly notify?: 'throttled' | 'statement' | 'off';
  /** How many consumers of a group can share a stream; at most 256. Fixed once the tables are there. Default 16. */
  readonly slots?: number;
}

/** How to reach PostgreSQL and how to behave there. Name one of `url`, `options` and `pool`. */
export interface PostgresChannelOptions extends PostgresSchemaOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url?: string;
  /** The client's own options: host and port, TLS, user, size of the pool, ... */
  readonly options?: PoolConfig;
  /** An existing pool; it stays yours and open. */
  readonly pool?: Pool;
  /** Create the tables when they are not there. Default `true`; see docs/postgres.md for a role that may not. */
  readonly createTables?: boolean;
  /** How long a consumer holds its share without a sign of life. Default 30,000. */
  readonly leaseMs?: number;
  /** How often to look for events without having been woken. Default 1,000, and 100 where `notify` is `off`. */
  readonly pollMs?: number;
  /** How long an append may be retried before it rejects. Default 10,000. */
  readonly publishTimeoutMs?: number;
  /** How long to wait for one reply. Default 5,000, at most `publishTimeoutMs`. */
  readonly queryTimeoutMs?: number;
  /** How long the ids of trimmed events are known, so that appending them again stores nothing. Default a day. */
  readonly dedupeMs?: number;
  /** How many bytes of appends may wait for the server before `EB_BACKPRESSURE`. Default 64 MiB. */
  readonly maxWaitingBytes?: number;
  /** Accept servers whose TLS certificate cannot be verified. Never in production. */
  readonly dangerouslyAcceptUnverifiedTls?: boolean;
}

/** The options with every default filled in. */
export interface PostgresSettings {
  readonly ordering: 'sampling' | 'serial';
  readonly notify: 'throttled' | 'statement' | 'off';
  readonly slots: number;
  readonly createTables: boolean;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly publishTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly dedupeMs: number;
  readonly maxWaitingBytes: number;
}

const NUMBERS = ['leaseMs', 'pollMs', 'publishTimeoutMs', 'queryTimeoutMs', 'dedupeMs', 'maxWaitingBytes'] as const;
const WAYS = ['url', 'options', 'pool'] as const;
const OTHERS = ['schema', 'table', 'ordering', 'notify', 'slots', 'createTables', 'dangerouslyAcceptUnverifiedTls'];
const KNOWN = new Set<string>([...NUMBERS, ...WAYS, ...OTHERS]);
const ORDERINGS: readonly unknown[] = ['sampling', 'serial'];
const NOTIFICATIONS: readonly unknown[] = ['throttled', 'statement', 'off'];
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MAX_SLOTS = 256;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws BackboneError `EB_OPTIONS`; the message never holds a URL, which may hold a password.
 */
export function postgresSettings(options: PostgresChannelOptions): PostgresSettings {
  const unknown = Object.keys(options).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw refused(`postgresChannel has no option "${unknown.join('", "')}"`);
  if (WAYS.filter((way) => options[way] !== undefined).length !== 1) {
    throw refused('postgresChannel needs one of url, options and pool');
  }
  if (options.url !== undefined) checkUrl(options.url);
  checkTls(options);
  for (const name of NUMBERS) checkPositive(name, options[name]);
  const schema = checkedSchema(options);
  const { createTables = true, leaseMs = 30_000, publishTimeoutMs = 10_000, maxWaitingBytes = 64 * 2 ** 20 } = options;
  const { pollMs = schema.notify === 'off' ? 100 : 1_000, dedupeMs = 24 * 3_600_000, queryTimeoutMs = 5_000 } = options;
  return {
    ...schema,
    createTables,
    leaseMs,
    pollMs,
    publishTimeoutMs,
    queryTimeoutMs: Math.min(queryTimeoutMs, publishTimeoutMs),
    dedupeMs,
    maxWaitingBytes,
  };
}

/**
 * Checks what tables are made of and fills in the defaults.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function checkedSchema(
  options: PostgresSchemaOptions,
): Required<Pick<PostgresSchemaOptions, 'ordering' | 'notify' | 'slots'>> {
  const { ordering = 'sampling', notify = 'throttled', slots = 16 } = options;
  if (!ORDERINGS.includes(ordering)) throw refused("ordering must be 'sampling' or 'serial'");
  if (!NOTIFICATIONS.includes(notify)) throw refused("notify must be 'throttled', 'statement' or 'off'");
  if (!Number.isSafeInteger(slots) || slots < 1 || slots > MAX_SLOTS) {
    throw refused(`slots must be a whole number from 1 to ${MAX_SLOTS}, got ${slots}`);
  }
  return { ordering, notify, slots };
}

function checkUrl(url: string): void {
  if (/^postgres(ql)?:\/\//i.test(url) && URL.canParse(url)) return;
  throw refused('the url is not of the form postgres://user:password@host:port/database');
}

function checkTls({ url, options, pool, dangerouslyAcceptUnverifiedTls }: PostgresChannelOptions): void {
  const ssl: unknown = options?.ssl ?? pool?.options.ssl;
  const unverified =
    (typeof ssl === 'object' && ssl !== null && 'rejectUnauthorized' in ssl && ssl.rejectUnauthorized === false) ||
    [url, options?.connectionString].some((each) => each !== undefined && /[?&]sslmode=no-verify/i.test(each));
  if (!unverified || dangerouslyAcceptUnverifiedTls === true) return;
  throw refused(
    "TLS certificates are not verified; give the server's authority as ssl.ca, or set dangerouslyAcceptUnverifiedTls",
  );
}

function checkPositive(name: string, value: number | undefined): void {
  const most = name.endsWith('Ms') ? LONGEST_TIMER_MS : Number.MAX_SAFE_INTEGER;
  if (value === undefined || (Number.isFinite(value) && value > 0 && value <= most)) return;
  throw refused(`${name} must be a positive number, at most ${most}, got ${value}`);
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
