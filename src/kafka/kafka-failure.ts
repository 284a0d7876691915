/** What a failed call of Kafka means for what it was to do. */
export type KafkaFailure =
  /** It never left: nothing was done. */
  | 'unsent'
  /** The reply did not come: it may have been done. */
  | 'unknown'
  /** The server refused for now: nothing was done, later it may work. */
  | 'refused'
  /** A record is larger than the topic takes: it was not stored. */
  | 'tooLarge'
  /** There is no such topic. */
  | 'noTopic'
  /** Who we are was not believed or has no rights, or the server is not who it says it is. */
  | 'auth'
  /** The brokers lack a request that is needed, or know other versions of it than the client. */
  | 'unsupported'
  /** It cannot work: wrong use, a bug. */
  | 'fatal';

/** A failure of which the driver knows more than the client said; it holds nothing of what was sent. */
export class KafkaCallError extends Error {
  override readonly name = 'KafkaCallError';

  constructor(
    readonly failure: KafkaFailure,
    message: string,
  ) {
    super(message);
  }
}

const TYPES: ReadonlyMap<string, KafkaFailure> = new Map(
  Object.entries({
    MESSAGE_TOO_LARGE: 'tooLarge',
    RECORD_LIST_TOO_LARGE: 'tooLarge',
    UNKNOWN_TOPIC_OR_PARTITION: 'noTopic',
    TOPIC_AUTHORIZATION_FAILED: 'auth',
    GROUP_AUTHORIZATION_FAILED: 'auth',
    CLUSTER_AUTHORIZATION_FAILED: 'auth',
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'auth',
    SASL_AUTHENTICATION_FAILED: 'auth',
    UNSUPPORTED_SASL_MECHANISM: 'auth',
    ILLEGAL_SASL_STATE: 'auth',
    UNSUPPORTED_VERSION: 'unsupported',
    NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'unknown',
    REQUEST_TIMED_OUT: 'unknown',
    NETWORK_EXCEPTION: 'unknown',
    DUPLICATE_SEQUENCE_NUMBER: 'unknown',
    OUT_OF_ORDER_SEQUENCE_NUMBER: 'unknown',
    NOT_ENOUGH_REPLICAS: 'refused',
    LEADER_NOT_AVAILABLE: 'refused',
    NOT_LEADER_FOR_PARTITION: 'refused',
    REPLICA_NOT_AVAILABLE: 'refused',
    BROKER_NOT_AVAILABLE: 'refused',
    NOT_CONTROLLER: 'refused',
    KAFKA_STORAGE_ERROR: 'refused',
    THROTTLING_QUOTA_EXCEEDED: 'refused',
    COORDINATOR_LOAD_IN_PROGRESS: 'refused',
    GROUP_LOAD_IN_PROGRESS: 'refused',
    GROUP_COORDINATOR_NOT_AVAILABLE: 'refused',
    NOT_COORDINATOR_FOR_GROUP: 'refused',
    REBALANCE_IN_PROGRESS: 'refused',
    UNKNOWN_MEMBER_ID: 'refused',
    ILLEGAL_GENERATION: 'refused',
  } as const),
);
const NAMES: ReadonlyMap<string, KafkaFailure> = new Map(
  Object.entries({
    KafkaJSSASLAuthenticationError: 'auth',
    KafkaJSServerDoesNotSupportApiKey: 'unsupported',
    KafkaJSConnectionClosedError: 'unknown',
    KafkaJSRequestTimeoutError: 'unknown',
    KafkaJSBrokerNotFound: 'unsent',
    KafkaJSNoBrokerAvailableError: 'unsent',
    KafkaJSMetadataNotLoaded: 'unsent',
    KafkaJSTopicMetadataNotLoaded: 'unsent',
    KafkaJSGroupCoordinatorNotFound: 'unsent',
    KafkaJSLockTimeout: 'unsent',
  } as const),
);
const UNTRUSTED = /CERT|ERR_TLS|UNABLE_TO_VERIFY|ERR_SSL|EPROTO/;
const AWAY = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/;

/** Tells what an error of the driver means; the innermost cause counts, since what is around it says "gave up" only. */
export function kafkaFailure(error: unknown): KafkaFailure {
  const { name, type, code, failure } = innermost(error);
  if (failure !== undefined) return failure;
  const known = TYPES.get(type) ?? NAMES.get(name);
  if (known !== undefined) return known;
  if (UNTRUSTED.test(code)) return 'auth';
  if (AWAY.test(code)) return 'unsent';
  // Without a code a connection was not made in time; with another one it broke.
  if (name === 'KafkaJSConnectionError') return code === '' ? 'unsent' : 'unknown';
  return 'fatal';
}

/** Says what went wrong without the client's text, which may quote a whole record. */
export function kafkaReason(error: unknown): string {
  const { name, type, code, api, message } = innermost(error);
  if (name === 'KafkaCallError') return message;
  return [name, type || code || api].filter((part) => part !== '').join(' ') || 'unknown error';
}

/** The protocol's name of what the server answered, such as `UNKNOWN_MEMBER_ID`; empty when it did not answer. */
export function kafkaErrorType(error: unknown): string {
  return innermost(error).type;
}

interface Facts {
  readonly name: string;
  readonly type: string;
  readonly code: string;
  /** The request that the brokers do not know. */
  readonly api: string;
  readonly message: string;
  readonly failure: KafkaFailure | undefined;
}

function innermost(error: unknown): Facts {
  let inner = error;
  for (let depth = 0; depth < 10 && inner instanceof Error; depth += 1) {
    const next = inner.cause ?? aggregated(inner);
    if (!(next instanceof Error)) break;
    inner = next;
  }
  const text = (key: string) => {
    const value: unknown = inner instanceof Error ? Reflect.get(inner, key) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return {
    name: text('name'),
    type: text('type'),
    code: text('code'),
    api: text('apiName'),
    message: text('message'),
    failure: inner instanceof KafkaCallError ? inner.failure : undefined,
  };
}

/** Some calls of the client fail for several reasons at once; the first one stands for all. */
function aggregated(error: Error): unknown {
  const several: unknown = Reflect.get(error, 'errors');
  if (Array.isArray(several)) return several[0];
  const partitions: unknown = Reflect.get(error, 'partitions');
  if (!Array.isArray(partitions)) return undefined;
  const first: unknown = partitions[0];
  return typeof first === 'object' && first !== null ? Reflect.get(first, 'error') : undefined;
}
