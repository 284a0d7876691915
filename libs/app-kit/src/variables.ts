import { isName } from 'nest-event-backbone/core';

/** What an app reads from its environment. */
export interface Variables {
  /** `CHANNEL`: `redis` (default), `kafka`, `postgres`, or `memory`, which only apps of one process can share. */
  readonly channel: (typeof CHANNELS)[number];
  /** `REDIS_URL`, default `redis://127.0.0.1:6379`; on Kafka it keeps the arguments of events. */
  readonly redisUrl: string;
  /** `KAFKA_BROKERS`, default `127.0.0.1:9092`; several with commas between them. */
  readonly kafkaBrokers: readonly string[];
  /** `DATABASE_URL`, default `postgres://postgres@127.0.0.1:5432/postgres`. */
  readonly databaseUrl: string;
  /** `LEASE_MS`: how long an app may be silent before another takes its events over. Default: the channel's. */
  readonly leaseMs: number | undefined;
  /** `ENVIRONMENT`, default `demo`: apps of different environments do not see each other's events. */
  readonly environment: string;
  /** `PRIVACY_SECRET`: personal data is encrypted, and people can be forgotten. Default: neither. */
  readonly privacySecret: string | undefined;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: where traces are sent, `http://127.0.0.1:4318`. Default: nowhere, and none are made. */
  readonly tracesEndpoint: string | undefined;
  /** `HOST`, default `127.0.0.1`. */
  readonly host: string;
  /** `PORT`, default each app's own; 0 takes a free one. */
  readonly port: number;
  /** `STEP_DELAY_MS`, default 0: how long transit takes for one step, so that a run can be watched. */
  readonly stepDelayMs: number;
}

const CHANNELS = ['redis', 'kafka', 'postgres', 'memory'] as const;

/** Says which variables cannot be used, and what they should be. */
export class VariablesError extends Error {
  override readonly name = 'VariablesError';
}

/**
 * Reads the variables of an app.
 *
 * @throws VariablesError that names every variable that cannot be used.
 */
export function readVariables(env: Readonly<Record<string, string | undefined>>, port: number): Variables {
  const wrong: string[] = [];

  function read<T>(name: string, absent: T, expected: string, parse: (text: string) => T | undefined): T {
    // An empty variable is what a compose file passes on for one that is not set.
    const text = env[name] ?? '';
    if (text === '') return absent;
    const value = parse(text);
    if (value === undefined) wrong.push(`${name} must be ${expected}`);
    return value ?? absent;
  }

  const variables: Variables = {
    channel: read('CHANNEL', 'redis', `one of ${CHANNELS.join(', ')}`, (text) =>
      CHANNELS.find((channel) => channel === text),
    ),
    redisUrl: read('REDIS_URL', 'redis://127.0.0.1:6379', 'of the form redis://user:password@host:port', (text) =>
      /^rediss?:\/\//.test(text) && URL.canParse(text) ? text : undefined,
    ),
    kafkaBrokers: read<readonly string[]>('KAFKA_BROKERS', ['127.0.0.1:9092'], 'host:port,host:port', (text) =>
      /^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/.test(text) ? text.split(',') : undefined,
    ),
    databaseUrl: read(
      'DATABASE_URL',
      'postgres://postgres@127.0.0.1:5432/postgres',
      'of the form postgres://user:password@host:port/database',
      (text) => (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
    ),
    leaseMs: read<number | undefined>('LEASE_MS', undefined, 'a whole number from 100', wholeNumber(100)),
    environment: read('ENVIRONMENT', 'demo', '1 to 128 letters, digits, "_", "." or "-"', (text) =>
      isName(text) ? text : undefined,
    ),
    privacySecret: read<string | undefined>('PRIVACY_SECRET', undefined, 'at least 32 characters', (text) =>
      text.length >= 32 ? text : undefined,
    ),
    tracesEndpoint: read<string | undefined>('OTEL_EXPORTER_OTLP_ENDPOINT', undefined, 'an http address', (text) =>
      /^https?:\/\//.test(text) && URL.canParse(text) ? text : undefined,
    ),
    host: read('HOST', '127.0.0.1', 'a host name', (text) => text),
    port: read('PORT', port, 'a whole number from 0 to 65535', wholeNumber(0, 65_535)),
    stepDelayMs: read('STEP_DELAY_MS', 0, 'a whole number from 0 to 99999', wholeNumber(0, 99_999)),
  };
  if (wrong.length > 0) throw new VariablesError(wrong.join('; '));
  return variables;
}

function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= least && value <= most ? value : undefined;
  };
}
