import {
  BackboneError,
  checkedName,
  checkPayloadKey,
  checkPutOptions,
  isBackboneError,
  type PayloadKey,
  type PayloadStore,
  type PutOptions,
} from '../core/index.js';
import { Database } from './database.js';
import { ensurePayloadTable, payloadTable } from './payload-table.js';
import { failureKind, failureReason } from './postgres-failure.js';
import { postgresSettings, type PostgresChannelOptions } from './postgres-options.js';

/** How to reach the PostgreSQL of a payload store: as for a channel. Name one of `url`, `options` and `pool`. */
export interface PostgresPayloadStoreOptions extends Pick<PostgresChannelOptions, (typeof OPTIONS)[number]> {
  /** The table of the values. Stores that must not share values need other tables. Default `eb_payloads`. */
  readonly table?: string;
  /** How often values whose time is over are removed from the table. They are never read. Default 60,000. */
  readonly sweepMs?: number;
}

const OPTIONS = [
  'url',
  'options',
  'pool',
  'schema',
  'createTables',
  'queryTimeoutMs',
  'dangerouslyAcceptUnverifiedTls',
] as const;

/**
 * Makes a payload store in a table of a PostgreSQL database: a row for each value. Connects on first use. Besides what every
 * store refuses, its methods reject with `EB_NOT_STORED` (nothing was changed), `EB_OUTCOME_UNKNOWN` (all or nothing was;
 * repeat), `EB_BACKPRESSURE` (the server is full) and `EB_CHANNEL` (the server refuses, or cannot be read).
 *
 * @throws BackboneError `EB_OPTIONS` for options that cannot work.
 */
export function postgresPayloadStore(options: PostgresPayloadStoreOptions): PayloadStore {
  const known: readonly string[] = [...OPTIONS, 'table', 'sweepMs'];
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new BackboneError('EB_OPTIONS', `postgresPayloadStore has no option "${unknown.join('", "')}"`);
  }
  const { sweepMs = 60_000, ...given } = options;
  if (!(Number.isSafeInteger(sweepMs) && sweepMs >= 1 && sweepMs <= LONGEST_TIMER_MS)) {
    const message = `sweepMs must be a whole number from 1 to ${LONGEST_TIMER_MS}, got ${sweepMs}`;
    throw new BackboneError('EB_OPTIONS', message, { details: { path: 'sweepMs' } });
  }
  const { queryTimeoutMs: timeoutMs, createTables } = postgresSettings(given);
  return new PostgresPayloadStore(given, { sweepMs, timeoutMs, createTables });
}

interface Settings {
  readonly sweepMs: number;
  readonly timeoutMs: number;
  readonly createTables: boolean;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const SWEPT_AT_A_TIME = 1_000;
const ALIVE = '(expires_at IS NULL OR expires_at > now())';

class PostgresPayloadStore implements PayloadStore {
  readonly #table: string;
  readonly #timeoutMs: number;
  readonly #sweepMs: number;
  readonly #database: Database;
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(given: PostgresChannelOptions, { sweepMs, timeoutMs, createTables }: Settings) {
    this.#table = payloadTable(given).name;
    this.#timeoutMs = timeoutMs;
    this.#sweepMs = sweepMs;
    this.#database = new Database({
      given,
      queryTimeoutMs: timeoutMs,
      prepare: (on) => ensurePayloadTable(on, given, createTables),
      onFault: () => undefined,
    });
  }

  async put(
    entries: readonly (PayloadKey & { readonly value: Uint8Array })[],
    options: PutOptions = {},
  ): Promise<void> {
    checkPutOptions(options);
    const { ifAbsent = false, ttlMs } = options;
    // One statement cannot put a key twice.
    const unique = distinct(ifAbsent ? entries : [...entries].reverse());
    this.#checkOpen();
    if (unique.length === 0) return;
    // The values travel as one parameter: an array of them would travel as text of twice their size.
    const sizes = unique.map(({ value }) => value.byteLength);
    let end = 1;
    const starts = sizes.map((size) => (end += size) - size);
    await this.#change(
      `INSERT INTO ${this.#table} AS old (event_id, field, value, expires_at)
       SELECT event_id, field, substring($3::bytea FROM start FOR size), now() + $6::float8 * interval '1 millisecond'
       FROM unnest($1::text[], $2::text[], $4::integer[], $5::integer[]) AS new (event_id, field, start, size)
       ON CONFLICT (event_id, field) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
       ${ifAbsent ? 'WHERE old.expires_at <= now()' : ''}`,
      [...columns(unique), Buffer.concat(unique.map(({ value }) => value)), starts, sizes, ttlMs ?? null],
    );
    if (this.#closed) return;
    const sweep = () => void (this.#sweep ??= this.#removeOld().finally(() => (this.#sweep = undefined)));
    this.#timer ??= setInterval(sweep, this.#sweepMs).unref();
  }

  async get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    keys.forEach(checkPayloadKey);
    const rows = await this.#read<{ at: number; value: Buffer }>(
      `SELECT asked.at::integer, value FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (event_id, field, at)
       JOIN ${this.#table} USING (event_id, field) WHERE ${ALIVE}`,
      columns(keys),
    );
    const found = new Map(rows.map(({ at, value }) => [at, value]));
    return keys.map((_, i) => found.get(i + 1));
  }

  async erase(keys: readonly PayloadKey[]): Promise<number> {
    const erased = await this.#change<{ alive: boolean }>(
      `WITH locked AS (
         SELECT old.event_id, old.field FROM ${this.#table} AS old JOIN unnest($1::text[], $2::text[])
         AS asked (event_id, field) USING (event_id, field) ORDER BY old.event_id, old.field FOR UPDATE OF old
       ) DELETE FROM ${this.#table} AS old USING locked
       WHERE old.event_id = locked.event_id AND old.field = locked.field RETURNING ${ALIVE} AS alive`,
      columns(distinct(keys)),
    );
    return erased.filter(({ alive }) => alive).length;
  }

  async list(eventId: string): Promise<readonly PayloadKey[]> {
    const rows = await this.#read<{ field: string }>(
      `SELECT field FROM ${this.#table} WHERE event_id = $1 AND ${ALIVE} ORDER BY field`,
      [checkedName('event id', eventId)],
    );
    return rows.map(({ field }) => ({ eventId, field }));
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweep;
    await this.#database.close();
  }

  async #change<Row>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    let isUnsure = false;
    try {
      return await this.#insist<Row>(sql, values, (error) => (isUnsure ||= failureKind(error) === 'unknown'));
    } catch (error) {
      throw changeError(error, isUnsure);
    }
  }

  async #read<Row>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    try {
      return await this.#insist<Row>(sql, values);
    } catch (error) {
      throw storeError('reading', error);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the payload store is closed');
  }

  /** Everything here can be repeated. */
  #insist<Row>(sql: string, values: readonly unknown[], onFailure?: (error: unknown) => void): Promise<readonly Row[]> {
    this.#checkOpen();
    return this.#database.insist(async () => {
      try {
        return await this.#database.run<Row>(sql, values);
      } catch (error) {
        onFailure?.(error);
        throw error;
      }
    }, this.#timeoutMs);
  }

  /** What is in somebody's hands stays for the next time. */
  async #removeOld(): Promise<void> {
    const sql = `DELETE FROM ${this.#table} WHERE (event_id, field) IN (
        SELECT event_id, field FROM ${this.#table} WHERE expires_at <= now() ORDER BY expires_at
        LIMIT ${SWEPT_AT_A_TIME} FOR UPDATE SKIP LOCKED
      ) RETURNING 1`;
    try {
      while (!this.#closed && (await this.#database.run(sql, [])).length === SWEPT_AT_A_TIME);
    } catch {
      // It is tried again, and nobody reads them meanwhile.
    }
  }
}

/** The first of each key, in the order that the server sorts them in: the space comes before all that names are made of. */
function distinct<T extends PayloadKey>(entries: readonly T[]): readonly T[] {
  entries.forEach(checkPayloadKey);
  const byKey = new Map<string, T>();
  for (const entry of entries) {
    const key = `${entry.eventId} ${entry.field}`;
    if (!byKey.has(key)) byKey.set(key, entry);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

function columns(keys: readonly PayloadKey[]): readonly [readonly string[], readonly string[]] {
  return [keys.map(({ eventId }) => eventId), keys.map(({ field }) => field)];
}

/** Only when surely nothing was changed may it say so. */
function changeError(error: unknown, isUnsure: boolean): BackboneError {
  if (isBackboneError(error, 'EB_CLOSED')) return error;
  const reason = reasonOf(error);
  if (isUnsure) {
    return new BackboneError('EB_OUTCOME_UNKNOWN', `PostgreSQL did not confirm the change (${reason}); repeat it`);
  }
  const kind = failureKind(error);
  if (kind === 'full') {
    const message = `the PostgreSQL of the payload store is full (${reason}); slow down and put again`;
    return new BackboneError('EB_BACKPRESSURE', message);
  }
  if (kind === 'fatal' || kind === 'missing') return storeError('changing', error);
  return new BackboneError('EB_NOT_STORED', `nothing was changed: ${reason}`);
}

function storeError(what: string, error: unknown): BackboneError {
  if (isBackboneError(error, 'EB_CLOSED') || isBackboneError(error, 'EB_CHANNEL')) return error;
  const remedy =
    failureKind(error) === 'missing'
      ? 'run what postgresPayloadSchema() prints, or name another table'
      : "check the server and the user's rights";
  return new BackboneError('EB_CHANNEL', `${what} the payload store failed: ${reasonOf(error)}; ${remedy}`);
}

/** Without the code of an error of our own, which is about to become another one. */
function reasonOf(error: unknown): string {
  return failureReason(error).replace(/^EB_[A-Z_]+: /, '');
}
