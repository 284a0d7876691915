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
  type BatchMethods,
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
  type Stream,
} from './core/index.js';
export { retry, type RetryOptions, type RetryWait } from './middleware/retry.js';
export { validate, type ClassValidator } from './middleware/validate.js';
export { Backbone } from './nest/backbone.js';
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
export { EventHandler, type HandlerDecorator } from './nest/event-handler.decorator.js';
export type { EventHandlerOptions, EventHandlerOptionsSource } from './nest/handler-declaration.js';
export { InjectProducer } from './nest/inject-producer.decorator.js';
export { getBackboneToken, getChannelToken, getProducerToken } from './nest/tokens.js';
