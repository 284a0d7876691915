/** `nest-event-backbone`: what an application imports. */
export {
  BackboneError,
  ContractEvent,
  currentEvent,
  ERROR_CODES,
  EventContext,
  EventsContract,
  Field,
  isBackboneError,
  Key,
  NonRetryableError,
  Personal,
  Relay,
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
  type ErrorCode,
  type ExpectedVersion,
  type EventMetadata,
  type EventMethods,
  type FieldOptions,
  type Limits,
  type Middleware,
  type MiddlewareContext,
  type Position,
  type ProduceContext,
  type ProduceOverrides,
  type Producer,
  type Receipt,
  type RelayOptions,
  type RelayState,
  type RetentionOptions,
  type Stream,
} from './core/index.js';
export { deduplicate, type DeduplicateOptions } from './middleware/deduplicate.js';
export { retry, type RetryOptions, type RetryWait } from './middleware/retry.js';
export { timeout } from './middleware/timeout.js';
export { validate, type ClassValidator } from './middleware/validate.js';
export { Backbone } from './nest/backbone.js';
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
export type {
  EventBatchHandlerOptions,
  EventBatchHandlerOptionsSource,
  EventHandlerOptions,
  EventHandlerOptionsSource,
} from './nest/handler-declaration.js';
export { HandlerDefaults } from './nest/handler-defaults.decorator.js';
export { InjectProducer } from './nest/inject-producer.decorator.js';
export { Project, Projection, type ProjectDecorator } from './nest/projection.decorator.js';
export type { ProjectionOptions } from './nest/projection-declaration.js';
export type { ProjectionModuleAsyncOptions, ProjectionModuleOptions } from './nest/projection-module.options.js';
export { getProjectionsToken, ProjectionModule } from './nest/projection.module.js';
export { Projections } from './nest/projections.js';
export { RelayModule } from './nest/relay.module.js';
export type { RelayModuleOptions } from './nest/relay-module.options.js';
export { Relays } from './nest/relays.js';
export { getBackboneToken, getChannelToken, getDeadLettersToken, getProducerToken } from './nest/tokens.js';
export { ProjectedEvent } from './projections/index.js';
