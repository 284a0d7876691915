/** `nest-event-backbone/core`: the seams and the engines, for people who write channels, middleware or tools. */
export { BatchCalls, type BatchOptions } from './batch-calls.js';
export type { BatchItem, BatchRun } from './batch-item.js';
export type { Channel, ChannelSupports, ExpectedVersion, Published, PublishOptions, ReadOptions } from './channel.js';
export type {
  ChannelAdmin,
  DeadLetter,
  DeadLetterAdmin,
  GroupMember,
  GroupState,
  ResetTarget,
  StreamExtent,
  TrimLimits,
} from './channel-admin.js';
export type {
  Batch,
  DeadLetterKind,
  DeadLetterReason,
  Delivery,
  DeliveryPast,
  ReadEvent,
  Settlement,
} from './delivery.js';
export type { Stream } from './stream.js';
export type { SubscribeOptions, Subscription } from './subscription.js';
export type { Anchor, CheckpointStore, SavedCheckpoint } from './checkpoint-store.js';
export type { Codec } from './codec.js';
export { ConsumedEvent, type ConsumedFrom } from './consumed-event.js';
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
  type HandledName,
  type HandlerArgs,
  type WithErased,
} from './contract.js';
export {
  ContractEvent,
  EventsContract,
  Field,
  Key,
  Personal,
  Stored,
  type ContractEventOptions,
  type FieldOptions,
  type KeyOptions,
  type KeySelector,
  type PersonalDecorator,
  type PersonalOptions,
  type Segments,
} from './contract-decorators.js';
export { describeContract } from './contract-definition.js';
export { ARGUMENT_OPTIONS, DECLARED_TYPE, type DeclaredArgument } from './contract-metadata.js';
export { COPY_LINKED, COPY_ORIGIN, COPY_TRAIL } from './copy-headers.js';
export { deadLetterReason } from './dead-letter-reason.js';
export { deadline, type Deadline } from './deadline.js';
export {
  DIAGNOSTICS,
  reportChannel,
  reportConsumer,
  type ChannelDiagnostic,
  type ConsumerDiagnostic,
  type EventDiagnostic,
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
export { ERASED, Erased } from './erased.js';
export {
  ERASED_SUBJECT,
  erasedEvent,
  erasureMessage,
  eventOfMethod,
  eventOfType,
  tellsErasure,
  type ErasureMessage,
} from './erased-event.js';
export type { Erasure } from './erasure.js';
export { decodeArguments, lacksErased, upcastOf } from './event-arguments.js';
export { EventContext } from './event-context.js';
export {
  argumentOfField,
  personalFieldsOf,
  type ArgumentDefinition,
  type ArgumentsByName,
  type ContractDefinition,
  type Deprecation,
  type EventDefinition,
  type KeyDefinition,
  type SegmentsDefinition,
  type StoredDefinition,
} from './event-definition.js';
export { quotaOf, turnsOf } from './even-share.js';
export { derivedEventId, derivedUuid, type Derivation } from './event-id.js';
export { currentEvent, runWithEvent } from './event-run.js';
export type { ProduceOverrides } from './event-metadata.js';
export { eventType, parseEventType } from './event-type.js';
export { follow, furthest, type FollowSource, type ReadPage } from './follow.js';
export { hashedKey } from './hashed-key.js';
export { jsonCodec } from './json-codec.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export { mayBePersonal } from './may-be-personal.js';
export {
  DEFAULT_CONTENT_TYPE,
  newFields,
  NO_FIELDS,
  NO_HEADERS,
  STORES_JOINED_BY,
  type EventMetadata,
  type FieldReference,
  type Fields,
  type FieldValue,
  type Message,
} from './message.js';
export {
  compose,
  composeBatch,
  type ConsumeContext,
  type Middleware,
  type MiddlewareContext,
  type ProduceContext,
} from './middleware.js';
export { checkedName, isForbiddenProperty, isName } from './names.js';
export type { FieldErasure, FieldTransform, PersonalCare } from './field-transform.js';
export { PayloadFields, type EventFields } from './payload-fields.js';
export {
  checkPayloadKey,
  checkPutOptions,
  type PayloadKey,
  type PayloadStore,
  type PutOptions,
} from './payload-store.js';
export { partitionOf } from './partition-of.js';
export { pause } from './pause.js';
export { plainField, plainValue } from './plain-field.js';
export { onlyPosition, positionBefore } from './position-before.js';
export { isWithinTimes } from './read-times.js';
export type { ReadModel, ReadModelSide, ShadowModel, SkippedEvent } from './read-model.js';
export { redactedText } from './redaction.js';
export { countReplay, replay, type ReplayOf, type ReplayStart } from './replay.js';
export { checkedTarget, noSuchGroup, noSuchPosition, type CheckedTarget } from './reset-target.js';
export { beyondEnd, comparePositions, type Checkpoint, type Position } from './position.js';
export {
  createProducer,
  streamOf,
  type BatchMethods,
  type EventMethods,
  type Producer,
  type ProducerOptions,
  type Receipt,
} from './producer.js';
export { Relay } from './relay.js';
export type { RelayOptions } from './relay-options.js';
export type { RelayProgress, RelayState } from './relay-state.js';
export { checkedRetention, reachedByAll, Retention, type RetentionOptions, type StreamReader } from './retention.js';
export { isSealed, SEALED_MARK } from './sealed-mark.js';
export type { Shape } from './shape.js';
export { shapeOf } from './shape-of.js';
export { innermost, transformedChannel } from './transformed-channel.js';
export type { StoredOptions } from './stored-options.js';
export { upcast, type ArgumentMakers, type EventDecorator, type Upcaster } from './upcast.js';
export { eventsByType } from './upcast-chain.js';
