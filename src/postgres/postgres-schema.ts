import { appendFunction, appendOneFunction } from './append-function.js';
import { markFunction } from './mark-function.js';
import { checkedSchema, type PostgresSchemaOptions } from './postgres-options.js';
import { readFunction } from './read-function.js';
import { sampleFunction } from './sample-function.js';
import { settleFunction } from './settle-function.js';
import { LOCKS, tableNames, type TableNames } from './table-names.js';

/**
 * Prints the SQL that makes the tables of a channel, for roles that may not make them themselves. It can be run again: what
 * is there stays, functions and triggers are made anew.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function postgresSchema(options: PostgresSchemaOptions = {}): string {
  const settings = checkedSchema(options);
  const t = tableNames(options);
  return [
    ...(options.schema === undefined || options.schema === 'public'
      ? []
      : [`CREATE SCHEMA IF NOT EXISTS ${t.schema};`]),
    eventTables(t, settings.slots),
    groupTables(t),
    sampleFunction(t),
    markFunction(t),
    appendFunction(t, settings.ordering),
    appendOneFunction(t, settings.ordering),
    readFunction(t),
    settleFunction(t),
    trigger(t, settings),
    `COMMENT ON TABLE ${t.events} IS '${schemaMark(options)}';`,
  ].join('\n\n');
}

/** What the comment of the events table says: whoever finds another one must not use the tables. */
export function schemaMark(options: PostgresSchemaOptions): string {
  const { ordering, notify, slots } = checkedSchema(options);
  return `nest-event-backbone 4 ordering=${ordering} notify=${notify} slots=${slots}`;
}

// Every default makes a plain INSERT an event. Positions are drawn one by one (CACHE 1), after the trigger has taken its lock.
function eventTables(t: TableNames, slots: number): string {
  return `CREATE TABLE IF NOT EXISTS ${t.events} (
  position bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME ${t.sequence} CACHE 1) PRIMARY KEY,
  stream text NOT NULL,
  id text NOT NULL DEFAULT gen_random_uuid()::text,
  type text NOT NULL,
  key text NOT NULL,
  version integer,
  slot smallint NOT NULL GENERATED ALWAYS AS (get_byte(decode(md5(key), 'hex'), 0) % ${slots}) STORED,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  metadata jsonb NOT NULL DEFAULT '{}',
  fields jsonb NOT NULL DEFAULT '{}',
  personal jsonb,
  UNIQUE (stream, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS ${t.index('version')} ON ${t.events} (stream, key, version) WHERE version IS NOT NULL;
CREATE INDEX IF NOT EXISTS ${t.index('slot')} ON ${t.events} (stream, slot, position);
CREATE INDEX IF NOT EXISTS ${t.index('key')} ON ${t.events} (stream, key, position);
CREATE INDEX IF NOT EXISTS ${t.index('stream')} ON ${t.events} (stream, position);
CREATE INDEX IF NOT EXISTS ${t.index('appended_at')} ON ${t.events} USING brin (appended_at) WITH (autosummarize = on);

CREATE TABLE IF NOT EXISTS ${t.trimmed} (
  stream text NOT NULL,
  id text NOT NULL,
  position bigint NOT NULL,
  trimmed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (stream, id)
);
CREATE INDEX IF NOT EXISTS ${t.index('trimmed_at')} ON ${t.trimmed} (stream, trimmed_at);

CREATE TABLE IF NOT EXISTS ${t.keys} (
  stream text NOT NULL,
  key text NOT NULL,
  trimmed integer NOT NULL,
  PRIMARY KEY (stream, key)
);`;
}

function groupTables(t: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${t.slots} (
  stream text NOT NULL,
  group_name text NOT NULL,
  slot smallint NOT NULL,
  owner text,
  until timestamptz,
  epoch bigint NOT NULL DEFAULT 0,
  parks bigint NOT NULL DEFAULT 0,
  checkpoint bigint NOT NULL,
  anchor text,
  delivered bigint NOT NULL,
  done bigint[] NOT NULL DEFAULT '{}',
  began bigint NOT NULL DEFAULT 0,
  replays bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (stream, group_name, slot)
) WITH (fillfactor = 50);
ALTER TABLE ${t.slots} ADD COLUMN IF NOT EXISTS began bigint NOT NULL DEFAULT 0;
ALTER TABLE ${t.slots} ADD COLUMN IF NOT EXISTS replays bigint NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS ${t.members} (
  stream text NOT NULL,
  group_name text NOT NULL,
  consumer text NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (stream, group_name, consumer)
);

CREATE TABLE IF NOT EXISTS ${t.types} (
  stream text NOT NULL,
  group_name text NOT NULL,
  type text NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (stream, group_name, type)
);

CREATE TABLE IF NOT EXISTS ${t.pasts} (
  stream text NOT NULL,
  group_name text NOT NULL,
  position bigint NOT NULL,
  slot smallint NOT NULL,
  deliveries integer NOT NULL DEFAULT 1,
  failures integer NOT NULL DEFAULT 0,
  crashes integer NOT NULL DEFAULT 0,
  redriven boolean NOT NULL DEFAULT false,
  PRIMARY KEY (stream, group_name, position)
);
CREATE INDEX IF NOT EXISTS ${t.index('redriven')} ON ${t.pasts} (stream, group_name, slot, position) WHERE redriven;

CREATE TABLE IF NOT EXISTS ${t.letters} (
  stream text NOT NULL,
  group_name text NOT NULL,
  position bigint NOT NULL,
  slot smallint NOT NULL,
  event_id text,
  type text,
  key text,
  kind text NOT NULL,
  code text NOT NULL,
  error text NOT NULL,
  stack text,
  attempts integer NOT NULL,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (stream, group_name, position)
);
CREATE INDEX IF NOT EXISTS ${t.index('letters_key')} ON ${t.letters} (stream, group_name, key, position);
CREATE INDEX IF NOT EXISTS ${t.index('letters_unknown')} ON ${t.letters} (stream, group_name, slot) WHERE kind = 'unknown';
CREATE INDEX IF NOT EXISTS ${t.index('letters_position')} ON ${t.letters} (stream, position);

CREATE TABLE IF NOT EXISTS ${t.parked} (
  stream text NOT NULL,
  group_name text NOT NULL,
  key text NOT NULL,
  PRIMARY KEY (stream, group_name, key)
);`;
}

/**
 * Before the statement, for a row's position is drawn before any trigger of the row: whoever has drawn a position holds the
 * lock until its transaction is over. ALWAYS, so that replicated inserts take it, too. What it tells goes out with the commit.
 */
function trigger(t: TableNames, { ordering, notify }: ReturnType<typeof checkedSchema>): string {
  const lock = ordering === 'serial' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
  // In serial order the next one in line may try while the one before has not quite let go.
  const toldByOne = notify === 'throttled' && ordering === 'sampling';
  const condition = toldByOne ? `pg_try_advisory_xact_lock(${t.lock}, ${LOCKS.notify})` : 'true';
  const tell = `
  IF ${condition} THEN
    PERFORM pg_notify('${t.eventsSignal}', '');
  END IF;`;
  return `CREATE OR REPLACE FUNCTION ${t.trigger}() RETURNS trigger LANGUAGE plpgsql AS $eb$
BEGIN
  PERFORM ${lock}(${t.lock}, ${LOCKS.append});${notify === 'off' ? '' : tell}
  RETURN NULL;
END $eb$;
DROP TRIGGER IF EXISTS eb_before ON ${t.events};
CREATE TRIGGER eb_before BEFORE INSERT ON ${t.events} FOR EACH STATEMENT EXECUTE FUNCTION ${t.trigger}();
ALTER TABLE ${t.events} ENABLE ALWAYS TRIGGER eb_before;`;
}
