import type { DiscoveryService } from '@nestjs/core';
import type { EventDefinition } from '../core/index.js';
import type { EventBatchHandlerOptions } from './handler-declaration.js';

/** A provider or controller as Nest's container knows it. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method that handles an event, found in the application. */
export interface FoundHandler {
  /** `TransitService.pack`, for tables and messages. */
  readonly where: string;
  readonly wrapper: ProviderWrapper;
  /** The class whose decorators count. */
  readonly cls: abstract new (...args: never[]) => unknown;
  readonly method: string;
  readonly event: EventDefinition;
  readonly group: string;
  /** Its own options and those of its class. */
  readonly options: EventBatchHandlerOptions;
  /** It takes batches. */
  readonly batch: boolean;
}
