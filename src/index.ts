/** `nest-event-backbone`: what an application imports. */
export {
  BackboneError,
  ContractEvent,
  currentEvent,
  ERASED,
  Erased,
  ERROR_CODES,
  EventContext,
  EventsContract,
  Field,
  isBackboneError,
  Key,
  NonRetryableError,
  Personal,
  Relay,
  Stored,
  upcast,
  type ArgumentMakers,
  type BatchItem,
  type BatchMethods,
  type BatchOptions,
  type Channel,
  type ChannelSupports,
  type Codec,
  type ConsumeContext,
  type ConsumerSettings,
  type ConsumerState,
  type ContractClass,
  type ContractEventOptions,
  type DeadLetter,
  type DeadLetterKind,
  type DeadLetterReason,
  type Erasure,
  type ErrorCode,
  type ExpectedVersion,
  type EventMetadata,
  type EventMethods,
  type FieldOptions,
  type KeyOptions,
  type Limits,
  type Middleware,
  type MiddlewareContext,
  type PersonalOptions,
  type Position,
  type ProduceContext,
  type ProduceOverrides,
  type Producer,
  type Receipt,
  type RelayOptions,
  type RelayProgress,
  type RelayState,
  type ReplayStart,
  type ResetTarget,
  type RetentionOptions,
  type Segments,
  type StoredOptions,
  type Stream,
  type Upcaster,
} from './core/index.js';
export {
  Aggregate,
  EventReader,
  PastEvent,
  type AggregateOptions,
  type EventOf,
  type EventsOptions,
  type FoldOptions,
  type PlainEvent,
  type ReadRangeOptions,
  type Reducer,
  type Selection,
  type SnapshotOptions,
} from './history/index.js';
export { deduplicate, type DeduplicateOptions } from './middleware/deduplicate.js';
export { retry, type RetryOptions, type RetryWait } from './middleware/retry.js';
export { timeout } from './middleware/timeout.js';
export { validate, type ClassValidator } from './middleware/validate.js';
export { AsyncApi } from './nest/async-api.js';
export { AsyncApiModule } from './nest/async-api.module.js';
export type { AsyncApiModuleOptions } from './nest/async-api-module.options.js';
export { Backbone } from './nest/backbone.js';
export { BridgeModule } from './nest/bridge.module.js';
export type { BridgeModuleEnd, BridgeModuleOptions } from './nest/bridge-module.options.js';
export { Bridges } from './nest/bridges.js';
export { BackboneHealth, type Readiness, type ReadinessOptions } from './nest/backbone-health.js';
export { DeadLetters, type DeadLetterGroup, type DeadLetterQuery, type ShownDeadLetter } from './nest/dead-letters.js';
export { EventBackboneModule } from './nest/event-backbone.module.js';
export type {
  EventBackboneAsyncOptions,
  EventBackboneOptions,
  EventBackboneOptionsFactory,
  EventBackboneRootOptions,
  GroupOptions,
} from './nest/event-backbone.options.js';
export { EVENT_CONTEXT_TYPE, eventContextOf, isEventContext } from './nest/event-execution-context.js';
export { EventGroup } from './nest/event-group.decorator.js';
export {
  EventBatchHandler,
  type BatchHandlerDecorator,
  type EventBatch,
} from './nest/event-batch-handler.decorator.js';
export { EventHandler, type HandlerDecorator } from './nest/event-handler.decorator.js';
export type { GroupReport } from './nest/group-report.js';
export type { HealthLimits } from './nest/health-limits.js';
export type { HealthProblem } from './nest/health-problem.js';
export type { HealthReport } from './nest/health-report.js';
export type {
  EventBatchHandlerOptions,
  EventBatchHandlerOptionsSource,
  EventHandlerOptions,
  EventHandlerOptionsSource,
} from './nest/handler-declaration.js';
export { HandlerDefaults } from './nest/handler-defaults.decorator.js';
export { InjectPrivacy } from './nest/inject-privacy.decorator.js';
export { InjectProducer } from './nest/inject-producer.decorator.js';
export { InjectReader } from './nest/inject-reader.decorator.js';
export type { PayloadOptions, PrivacyOptions } from './nest/privacy.options.js';
export type { ProducerPlace } from './nest/producer-place.js';
export { Project, Projection, type ProjectDecorator } from './nest/projection.decorator.js';
export type { ProjectionOptions } from './nest/projection-declaration.js';
export type { ProjectionModuleAsyncOptions, ProjectionModuleOptions } from './nest/projection-module.options.js';
export { getProjectionsToken, ProjectionModule } from './nest/projection.module.js';
export { Projections } from './nest/projections.js';
export { RelayModule } from './nest/relay.module.js';
export type { RelayModuleOptions } from './nest/relay-module.options.js';
export { Relays } from './nest/relays.js';
export { SchemaModule } from './nest/schema.module.js';
export type { SchemaModuleOptions } from './nest/schema-module.options.js';
export {
  getBackboneToken,
  getChannelToken,
  getDeadLettersToken,
  getHealthToken,
  getPrivacyToken,
  getProducerToken,
  getReaderToken,
} from './nest/tokens.js';
export {
  payloadRouting,
  type PayloadRoute,
  type PayloadRouting,
  type PayloadRoutingOptions,
} from './payloads/index.js';
export {
  Privacy,
  type AuditFinding,
  type AuditReport,
  type ErasureReport,
  type KeyRingOptions,
  type KeyWrapper,
  type OfTenant,
  type PersonalEvent,
  type Rotation,
  type RotationOptions,
  type WithProgress,
  type WrapContext,
  type WrappingKeys,
} from './privacy/index.js';
export { ProjectedEvent } from './projections/index.js';
