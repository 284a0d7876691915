import type { Channel, Stream } from './channel.js';
import type { Codec } from './codec.js';
import type { EventDefinition } from './contract-definition.js';
import { BackboneError } from './errors.js';
import type { ConsumeContext, Middleware } from './middleware.js';

/** What a consumer is made of. */
export interface ConsumerOptions extends ConsumerSettings {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly group: string;
  readonly handlers: readonly Handler[];
  /** The types of the contract that this build knows, handled here or not. */
  readonly knownTypes: readonly string[];
  readonly middleware?: readonly Middleware[];
  readonly codec?: Codec;
}

/** How a group's events are consumed. */
export interface ConsumerSettings {
  /** How many keys are handled side by side. Default 16. */
  readonly concurrency?: number;
  /** The most events read and not settled yet. Default 500. */
  readonly maxInFlight?: number;
  /** The most events read in one go. Default 100. */
  readonly batchSize?: number;
  /** Where a new group begins. Default `beginning`. */
  readonly from?: 'beginning' | 'end';
}

/** How the events of one type are handled. */
export interface Handler {
  readonly event: EventDefinition;
  /** Runs the user's code; what it throws or rejects with is the event's failure. */
  invoke(args: unknown[], context: ConsumeContext): unknown;
  /** Around this handler only, inside the consumer's own middleware. */
  readonly middleware?: readonly Middleware[];
}

/** The limits of a consumer with none left out. */
export type ConsumerLimits = Required<Pick<ConsumerSettings, 'concurrency' | 'maxInFlight' | 'batchSize'>>;

/**
 * Fills in the limits that were not told.
 *
 * @throws BackboneError `EB_OPTIONS` for one that is not a whole number from 1.
 */
export function consumerLimits(settings: ConsumerSettings): ConsumerLimits {
  const { concurrency = 16, maxInFlight = 500, batchSize = 100 } = settings;
  for (const [option, value] of Object.entries({ concurrency, maxInFlight, batchSize })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new BackboneError('EB_OPTIONS', `${option} must be a whole number from 1, got ${String(value)}`, {
      details: { path: option },
    });
  }
  return { concurrency, maxInFlight, batchSize: Math.min(batchSize, maxInFlight) };
}
