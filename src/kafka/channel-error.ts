import { BackboneError, isBackboneError } from '../core/index.js';
import { kafkaFailure, kafkaReason } from './kafka-failure.js';

// Never the client's own words: some of them quote the record.
const WORDS = {
  unsent: 'Kafka cannot be reached',
  unknown: 'Kafka did not answer',
  refused: 'Kafka refuses for now',
  tooLarge: "the record is larger than the topic's max.message.bytes",
  noTopic: 'the topic is not there; create it, or leave createTopics on',
  auth: 'Kafka refuses the credentials, or the user lacks a right',
  unsupported: 'the brokers lack a request that is needed; see docs/kafka.md for the versions that fit',
  fatal: 'Kafka refuses; look at the log of its brokers',
} as const;

/** Says what a failed call of the driver means where nothing was being appended. */
export function channelError(what: string, error: unknown): BackboneError {
  if (isBackboneError(error)) return error;
  return new BackboneError('EB_CHANNEL', `${what} failed: ${words(error)}`);
}

/** Says what a failed call of the driver means before anything of an append was sent. */
export function notStored(error: unknown): BackboneError {
  if (isBackboneError(error)) return error;
  const kind = kafkaFailure(error);
  const isLasting = kind === 'auth' || kind === 'fatal' || kind === 'noTopic' || kind === 'unsupported';
  const code = isLasting ? 'EB_CHANNEL' : 'EB_NOT_STORED';
  return new BackboneError(code, `nothing was stored: ${words(error)}`);
}

/** Says what a failed append means. Records of several partitions are several appends: some may be stored. */
export function appendError(error: unknown, partitions: number): BackboneError {
  if (isBackboneError(error)) return error;
  const kind = kafkaFailure(error);
  if (kind === 'unknown' || partitions > 1) {
    const message = `Kafka did not confirm (${words(error)}); repeat with the same event ids to be sure`;
    return new BackboneError('EB_OUTCOME_UNKNOWN', message);
  }
  if (kind === 'tooLarge') return tooLarge();
  return notStored(error);
}

/** What an append is told that no partition could take. */
export function tooLarge(): BackboneError {
  return new BackboneError('EB_TOO_LARGE', `nothing was stored: ${WORDS.tooLarge}; append less at once`);
}

function words(error: unknown): string {
  return `${WORDS[kafkaFailure(error)]} (${kafkaReason(error)})`;
}
