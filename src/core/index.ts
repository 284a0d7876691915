/** `nest-event-backbone/core`: the seams and the engines, for people who write channels, middleware or tools. */
export type {
  Batch,
  Channel,
  ChannelAdmin,
  ChannelSupports,
  DeadLetter,
  DeadLetterAdmin,
  DeadLetterKind,
  DeadLetterReason,
  Delivery,
  ExpectedVersion,
  GroupState,
  Published,
  PublishOptions,
  ReadEvent,
  ReadOptions,
  Settlement,
  Stream,
  SubscribeOptions,
  Subscription,
} from './channel.js';
export type { CheckpointStore, SavedCheckpoint } from './checkpoint-store.js';
export type { Codec } from './codec.js';
export { Consumer, type ConsumerState } from './consumer.js';
export type { ConsumerOptions, ConsumerSettings, Handler } from './consumer-options.js';
export {
  selectedMethod,
  type ContractClass,
  type EventArgs,
  type EventName,
  type EventRef,
  type EventRefs,
  type EventSelector,
  type HandlerArgs,
} from './contract.js';
export {
  ContractEvent,
  EventsContract,
  Field,
  Key,
  Personal,
  type ContractEventOptions,
  type FieldOptions,
} from './contract-decorators.js';
export {
  describeContract,
  type ArgumentDefinition,
  type ContractDefinition,
  type EventDefinition,
} from './contract-definition.js';
export {
  DIAGNOSTICS,
  reportChannel,
  reportConsumer,
  type ChannelDiagnostic,
  type ConsumerDiagnostic,
} from './diagnostics.js';
export {
  BackboneError,
  describeError,
  ERROR_CODES,
  isBackboneError,
  NonRetryableError,
  type ErrorCode,
  type ErrorExtras,
} from './errors.js';
export { EventContext } from './event-context.js';
export { derivedEventId, type Derivation } from './event-id.js';
export { currentEvent } from './event-run.js';
export type { ProduceOverrides } from './event-metadata.js';
export { eventType, parseEventType } from './event-type.js';
export { jsonCodec } from './json-codec.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export {
  DEFAULT_CONTENT_TYPE,
  newFields,
  NO_FIELDS,
  NO_HEADERS,
  type EventMetadata,
  type FieldReference,
  type Fields,
  type FieldValue,
  type Message,
} from './message.js';
export {
  compose,
  type ConsumeContext,
  type Middleware,
  type MiddlewareContext,
  type ProduceContext,
} from './middleware.js';
export { checkedName, isForbiddenProperty, isName } from './names.js';
export type { PayloadKey, PayloadStore, PutOptions } from './payload-store.js';
export { comparePositions, type Checkpoint, type Position } from './position.js';
export {
  createProducer,
  streamOf,
  type BatchMethods,
  type EventMethods,
  type Producer,
  type ProducerOptions,
  type Receipt,
} from './producer.js';
export type { Shape } from './shape.js';
