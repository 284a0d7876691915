import { BackboneError, type PayloadStore } from '../core/index.js';
import type { KafkaDriver } from './kafka-driver.js';
import { KAFKA_CONNECTION_OPTIONS, type KafkaConnectionOptions } from './kafka-options.js';
import type { OnOffsetLost } from './start-offsets.js';

/** How to reach Kafka, where the arguments of events are kept, and what topics are made like. */
export interface KafkaChannelOptions extends KafkaConnectionOptions {
  /**
   * Where the arguments are: in a payload store, `redisPayloadStore({ url })` for one, from which personal data can be erased;
   * or in the record itself. The store is closed with the channel.
   */
  readonly payloads: PayloadStore | 'record';
  /** How many partitions a topic gets that the channel makes. Default 6. */
  readonly partitions?: number;
  /** How many brokers keep a topic that the channel makes. Default: what the cluster is set to. */
  readonly replicationFactor?: number;
  /** Make topics that are missing. Default true. */
  readonly createTopics?: boolean;
  /**
   * What to do when Kafka has forgotten how far a group had come, or has removed what it had not handled: `fail` stops its
   * consumers with `EB_OFFSET_LOST`, the others go on at one end of what is left. Default `fail`.
   */
  readonly onOffsetLost?: OnOffsetLost;
  /** Another client than kafkajs. It is closed with the channel. */
  readonly driver?: KafkaDriver;
}

/** The channel's own options with every default filled in. */
export interface KafkaChannelSettings {
  readonly payloads: PayloadStore | 'record';
  readonly partitions: number;
  readonly replicationFactor: number | undefined;
  readonly createTopics: boolean;
  readonly onOffsetLost: OnOffsetLost;
  readonly publishTimeoutMs: number;
  /** Whether a record that is too large as it is may still fit. */
  readonly isCompressed: boolean;
}

const MOST_PARTITIONS = 10_000;
const KNOWN = new Set<string>([
  ...KAFKA_CONNECTION_OPTIONS,
  'payloads',
  'partitions',
  'replicationFactor',
  'createTopics',
  'onOffsetLost',
  'driver',
]);
const WAYS: readonly unknown[] = ['fail', 'earliest', 'latest'];

/**
 * Checks the channel's own options and fills in the defaults.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function kafkaChannelSettings(options: KafkaChannelOptions): KafkaChannelSettings {
  const unknown = Object.keys(options).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw refused(`kafkaChannel has no option "${unknown.join('", "')}"`);
  const { partitions = 6, replicationFactor, createTopics = true, onOffsetLost = 'fail' } = options;
  checkPayloads(options.payloads);
  if (!isCount(partitions, MOST_PARTITIONS)) {
    throw refused(`partitions must be a whole number from 1 to ${MOST_PARTITIONS}`);
  }
  if (replicationFactor !== undefined && !isCount(replicationFactor, 100)) {
    throw refused('replicationFactor must be a whole number from 1');
  }
  if (!WAYS.includes(onOffsetLost)) throw refused("onOffsetLost must be 'fail', 'earliest' or 'latest'");
  return {
    payloads: options.payloads,
    partitions,
    replicationFactor,
    createTopics,
    onOffsetLost,
    publishTimeoutMs: options.publishTimeoutMs ?? 10_000,
    isCompressed: options.compression === 'gzip',
  };
}

function checkPayloads(payloads: unknown): void {
  if (payloads === 'record' || (typeof payloads === 'object' && payloads !== null && 'put' in payloads)) return;
  throw refused(
    "kafkaChannel needs payloads: a payload store such as redisPayloadStore({ url }), or 'record' to keep arguments in the records",
  );
}

function isCount(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= most;
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
