import { describe, expect, it } from 'vitest';
import { KafkaCallError, kafkaErrorType, kafkaFailure, kafkaReason } from './kafka-failure.js';

function named(name: string, facts: object = {}, message = 'text'): Error {
  return Object.assign(new Error(message), { name, ...facts });
}

const gaveUp = (cause: Error) => named('KafkaJSNumberOfRetriesExceeded', { retriable: false, cause });
const protocol = (type: string) => named('KafkaJSProtocolError', { type });

describe('what a failure of Kafka means', () => {
  it.each([
    ['unsent', gaveUp(named('KafkaJSConnectionError', { code: 'ECONNREFUSED' }))],
    ['unsent', named('KafkaJSConnectionError')],
    ['unsent', named('KafkaJSBrokerNotFound')],
    ['unknown', gaveUp(named('KafkaJSConnectionClosedError'))],
    ['unknown', named('KafkaJSConnectionError', { code: 'EPIPE' })],
    ['unknown', named('KafkaJSRequestTimeoutError')],
    ['unknown', protocol('NOT_ENOUGH_REPLICAS_AFTER_APPEND')],
    ['refused', gaveUp(protocol('NOT_ENOUGH_REPLICAS'))],
    ['refused', protocol('UNKNOWN_MEMBER_ID')],
    ['tooLarge', protocol('MESSAGE_TOO_LARGE')],
    ['noTopic', gaveUp(protocol('UNKNOWN_TOPIC_OR_PARTITION'))],
    ['auth', protocol('TOPIC_AUTHORIZATION_FAILED')],
    ['auth', named('KafkaJSSASLAuthenticationError')],
    ['auth', gaveUp(named('KafkaJSConnectionError', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }))],
    ['auth', gaveUp(named('KafkaJSConnectionError', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }))],
    ['fatal', new TypeError('The "value" argument must be of type string')],
    ['unsupported', gaveUp(named('KafkaJSServerDoesNotSupportApiKey', { apiName: 'InitProducerId' }))],
    ['unsupported', protocol('UNSUPPORTED_VERSION')],
    ['fatal', undefined],
    ['refused', named('KafkaJSAggregateError', { errors: [protocol('LEADER_NOT_AVAILABLE')] })],
    ['noTopic', named('x', { cause: named('y', { partitions: [{ error: protocol('UNKNOWN_TOPIC_OR_PARTITION') }] }) })],
    ['tooLarge', new KafkaCallError('tooLarge', 'said by us')],
  ] as const)('is "%s" by the innermost cause: %o', (failure, error) => {
    expect(kafkaFailure(error)).toBe(failure);
  });

  it('is told without the text of the client, which may quote a record', () => {
    const error = gaveUp(
      named('KafkaJSProtocolError', { type: 'INVALID_RECORD' }, 'Invalid message {"value":"secret"}'),
    );
    expect(kafkaReason(error)).toBe('KafkaJSProtocolError INVALID_RECORD');
    expect(kafkaErrorType(error)).toBe('INVALID_RECORD');
    const old = named('KafkaJSServerDoesNotSupportApiKey', { apiName: 'InitProducerId' });
    expect(kafkaReason(old)).toBe('KafkaJSServerDoesNotSupportApiKey InitProducerId');
    expect(kafkaReason(new KafkaCallError('unsent', 'not reached'))).toBe('not reached');
  });

  it('ends with errors that are their own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(kafkaFailure(error)).toBe('fatal');
  });
});
