import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { BackboneError, checkedName } from '../core/index.js';
import { checkedDurability, type CheckedDurability, type Durability } from './durability.js';
import { DEFAULT_PREFIX } from './keys.js';
import { isPartitionCount, MAX_PARTITIONS } from './partition-count.js';
import { redisUrlOptions } from './redis-url.js';

/**
 * How to reach Redis and how to behave there. Name exactly one of `url`, `options`, `cluster` and `client`; `url` and
 * `options` go together. Of the client's settings, those that decide about retries, queues, time-outs and the shape of
 * replies are the channel's own, whatever is given here.
 */
export interface RedisChannelOptions {
  /** `redis://` or, with TLS, `rediss://`. */
  readonly url?: string;
  /** The client's own options: host and port, TLS, user, sentinels, key prefix, ... */
  readonly options?: RedisOptions;
  readonly cluster?: { readonly nodes: readonly ClusterNode[]; readonly options?: ClusterOptions };
  /** An existing client: its settings are copied for connections of our own; it stays yours and open. */
  readonly client?: Redis | Redis<'resp3'> | Cluster | Cluster<'resp3'>;
  /** What every key begins with. Default `eb`. */
  readonly prefix?: string;
  /** What the server must have done with an append before it resolves. Default `memory`. */
  readonly durability?: Durability;
  /**
   * Splits streams by key, so that order per key holds across the consumers of a group: a number for all streams, or
   * for those of the contracts named here; the others have one partition. Without it, consumers compete without order.
   * To change the number for a stream that has events, see docs/partitions.md.
   */
  readonly partitions?: number | Readonly<Record<string, number>>;
  /**
   * Also writes down which events each key has, in the same step as an append, so that a key is read without looking through
   * its stream (`supports.readByKey`). All producers of a stream need it: what others append is looked through. Costs an
   * append more time, and the server some memory for each event and each key. See docs/reading.md.
   */
  readonly keyIndex?: boolean;
  /** How long an event may be without a sign of life from its consumer before others take it. Default 60,000. */
  readonly leaseMs?: number;
  /** How often to look for events whose lease is over, besides every idle second. Default half the lease, at most 30,000. */
  readonly claimEveryMs?: number;
  /** How long an append may be retried before it rejects. Default 10,000. */
  readonly publishTimeoutMs?: number;
  /** How long to wait for one reply. Default 3,000, at most `publishTimeoutMs`. */
  readonly commandTimeoutMs?: number;
  /** How many bytes of appends may wait for the server before `EB_BACKPRESSURE`. Default 64 MiB. */
  readonly maxWaitingBytes?: number;
  /**
   * How many bytes the arguments of one event may have, names included: more are refused with `EB_TOO_LARGE`, and what others
   * have put there is not read but becomes a dead letter. The producer's own limits come before it. Default 8 MiB.
   */
  readonly maxEventBytes?: number;
  /** Accept servers whose TLS certificate cannot be verified. Never in production. */
  readonly dangerouslyAcceptUnverifiedTls?: boolean;
}

/** The options with every default filled in. */
export interface RedisSettings {
  readonly prefix: string;
  readonly durability: CheckedDurability;
  /** How many partitions the streams of a contract have; absent where consumers compete. */
  readonly partitionsOf: ((contract: string) => number) | undefined;
  readonly keyIndex: boolean;
  readonly leaseMs: number;
  readonly claimEveryMs: number;
  readonly publishTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly maxWaitingBytes: number;
  readonly maxEventBytes: number;
}

const WAYS = ['cluster', 'client'] as const;
const NUMBERS = [
  'leaseMs',
  'claimEveryMs',
  'publishTimeoutMs',
  'commandTimeoutMs',
  'maxWaitingBytes',
  'maxEventBytes',
] as const;
const DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const KNOWN = new Set<string>([
  ...WAYS,
  ...NUMBERS,
  'url',
  'options',
  'prefix',
  'durability',
  'partitions',
  'keyIndex',
  'dangerouslyAcceptUnverifiedTls',
]);

/**
 * Checks the options and fills in the defaults.
 *
 * @throws BackboneError `EB_OPTIONS` or `EB_NAME`; the message never holds a URL, which may hold a password.
 */
export function redisSettings(options: RedisChannelOptions): RedisSettings {
  const unknown = Object.keys(options).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw refused(`redisChannel has no option "${unknown.join('", "')}"`);
  const others = WAYS.filter((way) => options[way] !== undefined).length;
  const direct = options.url !== undefined || options.options !== undefined ? 1 : 0;
  if (direct + others !== 1) {
    throw refused('redisChannel needs one of url (with or without options), options, cluster and client');
  }
  if (options.url !== undefined) redisUrlOptions(options.url);
  checkTls(options);
  for (const name of NUMBERS) checkPositive(name, options[name]);
  const { leaseMs = 60_000, publishTimeoutMs = 10_000 } = options;
  return {
    prefix: checkedName('key prefix', options.prefix ?? DEFAULT_PREFIX),
    durability: checkedDurability(options.durability, { publishTimeoutMs, isCluster: isCluster(options) }),
    partitionsOf: partitionsOf(options.partitions),
    keyIndex: options.keyIndex ?? false,
    leaseMs,
    claimEveryMs: options.claimEveryMs ?? Math.min(leaseMs / 2, 30_000),
    publishTimeoutMs,
    commandTimeoutMs: Math.min(options.commandTimeoutMs ?? 3_000, publishTimeoutMs),
    maxWaitingBytes: options.maxWaitingBytes ?? 64 * 1024 * 1024,
    maxEventBytes: options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES,
  };
}

function partitionsOf(partitions: RedisChannelOptions['partitions']): RedisSettings['partitionsOf'] {
  if (partitions === undefined) return undefined;
  if (typeof partitions === 'number') {
    checkPartitions('partitions', partitions);
    return () => partitions;
  }
  const byContract = new Map(Object.entries(partitions));
  for (const [contract, count] of byContract) checkPartitions(`partitions of ${contract}`, count);
  return (contract) => byContract.get(contract) ?? 1;
}

function checkPartitions(name: string, count: number): void {
  if (isPartitionCount(count)) return;
  throw refused(`${name} must be a whole number from 1 to ${MAX_PARTITIONS}, got ${String(count)}`);
}

function isCluster({ cluster, client }: RedisChannelOptions): boolean {
  return cluster !== undefined || client?.isCluster === true;
}

function checkTls({ client, cluster, options, dangerouslyAcceptUnverifiedTls }: RedisChannelOptions): void {
  const given: RedisOptions | ClusterOptions | undefined = client?.options ?? cluster?.options ?? options;
  const all: readonly RedisOptions[] = [
    given ?? {},
    given && 'redisOptions' in given ? (given.redisOptions ?? {}) : {},
  ];
  const unverified = all.some(({ tls, sentinelTLS }) =>
    [tls, sentinelTLS].some((settings) => settings?.rejectUnauthorized === false),
  );
  if (!unverified || dangerouslyAcceptUnverifiedTls === true) return;
  throw refused(
    "tls.rejectUnauthorized is off; give the server's authority as tls.ca, or set dangerouslyAcceptUnverifiedTls",
  );
}

function checkPositive(name: string, value: number | undefined): void {
  const most = name.endsWith('Ms') ? LONGEST_TIMER_MS : Number.MAX_SAFE_INTEGER;
  if (value === undefined || (Number.isFinite(value) && value > 0 && value <= most)) return;
  throw refused(`${name} must be a positive number, at most ${most}, got ${String(value)}`);
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
