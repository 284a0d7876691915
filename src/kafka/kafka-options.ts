import type { ConnectionOptions } from 'node:tls';
import { BackboneError } from '../core/index.js';

/** How the application signs in. */
export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** `token` is asked anew for each connection. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

/** How to reach Kafka and how to behave there. */
export interface KafkaConnectionOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** What brokers call this application in their logs and quotas. Default `nest-event-backbone`. */
  readonly clientId?: string;
  /** `true`, or settings such as `ca`, `cert` and `key`. */
  readonly tls?: true | ConnectionOptions;
  readonly sasl?: KafkaSasl;
  /** How long a member may be without a sign of life before the others take its partitions. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** How long the group waits for a member that finishes what it has in hand before partitions move. Default 60,000. */
  readonly rebalanceTimeoutMs?: number;
  /** How long an append may be retried before it rejects. Default 10,000. */
  readonly publishTimeoutMs?: number;
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip';
  /** Accept brokers whose TLS certificate cannot be verified. Never in production. */
  readonly dangerouslyAcceptUnverifiedTls?: boolean;
  /** Send a password or a token over a connection that anyone on the way can read. Never in production. */
  readonly dangerouslyAllowPlaintextPassword?: boolean;
}

/** The connection options with every default filled in. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: ConnectionOptions | undefined;
  readonly sasl: KafkaSasl | undefined;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly publishTimeoutMs: number;
  readonly compression: 'none' | 'gzip';
}

const TIMES = ['sessionTimeoutMs', 'rebalanceTimeoutMs', 'publishTimeoutMs'] as const;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MECHANISMS: readonly unknown[] = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'];

/** The names of all connection options, for whoever refuses unknown ones. */
export const KAFKA_CONNECTION_OPTIONS: readonly string[] = [
  ...TIMES,
  'brokers',
  'clientId',
  'tls',
  'sasl',
  'compression',
  'dangerouslyAcceptUnverifiedTls',
  'dangerouslyAllowPlaintextPassword',
];

/**
 * Checks the connection options and fills in the defaults.
 *
 * @throws BackboneError `EB_OPTIONS`; the message never holds an address or a secret.
 */
export function kafkaConnection(options: KafkaConnectionOptions): KafkaConnection {
  const { brokers } = options;
  if (!Array.isArray(brokers) || brokers.length === 0 || !brokers.every(isAddress)) {
    throw refused('brokers must name one broker or more, each as "host:port"');
  }
  checkTls(options);
  checkSasl(options);
  for (const name of TIMES) checkTime(name, options[name]);
  const compression: string = options.compression ?? 'none';
  if (compression !== 'none' && compression !== 'gzip') throw refused('compression must be "none" or "gzip"');
  const { sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 60_000 } = options;
  if (rebalanceTimeoutMs < sessionTimeoutMs) throw refused('rebalanceTimeoutMs must not be below sessionTimeoutMs');
  return {
    brokers,
    clientId: options.clientId ?? 'nest-event-backbone',
    tls: options.tls === true ? {} : options.tls,
    sasl: options.sasl,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    publishTimeoutMs: options.publishTimeoutMs ?? 10_000,
    compression,
  };
}

function isAddress(broker: unknown): boolean {
  return typeof broker === 'string' && /^[^\s/@,]+:\d{1,5}$/.test(broker);
}

function checkTls({ tls, dangerouslyAcceptUnverifiedTls }: KafkaConnectionOptions): void {
  const given: unknown = tls;
  if (given === undefined || given === true) return;
  if (typeof given !== 'object' || given === null) throw refused('tls must be true or an object of TLS settings');
  if (Reflect.get(given, 'rejectUnauthorized') !== false || dangerouslyAcceptUnverifiedTls === true) return;
  throw refused(
    "tls.rejectUnauthorized is off; give the brokers' authority as tls.ca, or set dangerouslyAcceptUnverifiedTls",
  );
}

function checkSasl({ sasl, tls, dangerouslyAllowPlaintextPassword }: KafkaConnectionOptions): void {
  if (sasl === undefined) return;
  if (!MECHANISMS.includes(sasl.mechanism)) {
    throw refused('sasl.mechanism must be "plain", "scram-sha-256", "scram-sha-512" or "oauthbearer"');
  }
  const secrets: readonly unknown[] = sasl.mechanism === 'oauthbearer' ? [] : [sasl.username, sasl.password];
  if (!secrets.every((secret) => typeof secret === 'string' && secret !== '')) {
    throw refused('sasl needs a username and a password');
  }
  if (sasl.mechanism === 'oauthbearer' && typeof sasl.token !== 'function') {
    throw refused('sasl with "oauthbearer" needs a function "token"');
  }
  const isInTheOpen = sasl.mechanism === 'plain' || sasl.mechanism === 'oauthbearer';
  if (!isInTheOpen || tls !== undefined || dangerouslyAllowPlaintextPassword === true) return;
  throw refused(
    `sasl "${sasl.mechanism}" without tls shows the secret to everyone on the way; set tls, or dangerouslyAllowPlaintextPassword`,
  );
}

function checkTime(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isFinite(value) && value > 0 && value <= LONGEST_TIMER_MS)) return;
  throw refused(`${name} must be a positive number, at most ${LONGEST_TIMER_MS}, got ${String(value)}`);
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
