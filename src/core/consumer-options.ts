import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import type { Codec } from './codec.js';
import type { EventDefinition } from './event-definition.js';
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
  /**
   * What happens to an event that failed for good: `dead-letter` sets it aside and goes on; `park-key` sets it and the
   * later events of its key aside, where the channel supports `parkByKey`; `stop` leaves it where it is and stops the
   * group in this process. Default `dead-letter`.
   */
  readonly onFailure?: 'dead-letter' | 'park-key' | 'stop';
  /**
   * How often an event may take its consumer down with it, or outlast its lease, before it counts as failed.
   * Default 10; where the channel supports `attempts`.
   */
  readonly maxCrashes?: number;
}

/** How the events of one type are handled. */
export interface Handler {
  readonly event: EventDefinition;
  /** Runs the user's code; what it throws or rejects with is the event's failure. */
  invoke(args: unknown[], context: ConsumeContext): unknown;
  /** `manual`: the event is done when the handler calls `context.ack()`, not when it returns. Default `auto`. */
  readonly ack?: 'auto' | 'manual';
  /** `skip`: events that a reset of the group brings back are passed over. Default `run`. */
  readonly onReplay?: 'run' | 'skip';
  /** Around this handler only, inside the consumer's own middleware. */
  readonly middleware?: readonly Middleware[];
}

/** The limits of a consumer with none left out. */
export type ConsumerLimits = Required<Omit<ConsumerSettings, 'from'>>;

const FAILURE_POLICIES: readonly unknown[] = ['dead-letter', 'park-key', 'stop'];

/**
 * Fills in the limits that were not told.
 *
 * @throws BackboneError `EB_OPTIONS` for a number that is not whole or below 1, and for an `onFailure` that does not exist.
 */
export function consumerLimits(settings: ConsumerSettings): ConsumerLimits {
  const { concurrency = 16, maxInFlight = 500, batchSize = 100, maxCrashes = 10 } = settings;
  const { onFailure = 'dead-letter' } = settings;
  for (const [option, value] of Object.entries({ concurrency, maxInFlight, batchSize, maxCrashes })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw noSuch(option, `a whole number from 1, got ${String(value)}`);
  }
  if (!FAILURE_POLICIES.includes(onFailure)) throw noSuch('onFailure', "'dead-letter', 'park-key' or 'stop'");
  return { concurrency, maxInFlight, batchSize: Math.min(batchSize, maxInFlight), maxCrashes, onFailure };
}

function noSuch(option: string, wanted: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `${option} must be ${wanted}`, { details: { path: option } });
}
