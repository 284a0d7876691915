import type { BackboneError } from './errors.js';
import type { Message } from './message.js';
import type { Position } from './position.js';

/** What a group remembers about an event that it has not settled, where `supports.attempts`. */
export interface DeliveryPast {
  /** How often its handler failed and spent an attempt. */
  readonly failures: number;
  /** How often its handler was started again and its consumer then lost without a word: it crashed, or stood still. */
  readonly crashes: number;
  /** It was a dead letter and was handed out again. */
  readonly redriven: boolean;
}

/** One event handed to a consumer of a group. */
export interface Delivery {
  readonly position: Position;
  /** When the server stored it: milliseconds since 1970 by the server's clock. */
  readonly appendedAt: number;
  /** How often it was handed out, this time included; a lower bound where `supports.deliveryCount` is false. */
  readonly deliveries: number;
  /** Absent when there is nothing to remember, as for nearly all. */
  readonly past?: DeliveryPast;
  /** Absent when the entry could not be read; then `malformed` says why. */
  readonly message?: Message;
  readonly malformed?: BackboneError;
  /** True when the type was not in the subscription's `types`, so that the fields were not fetched. */
  readonly fieldsOmitted?: boolean;
  /** True when the group had finished this event, and all before it, when a reset moved it back; never for what is redriven. */
  readonly replayed?: boolean;
}

/** Why an event was set aside. */
export type DeadLetterKind = 'failed' | 'malformed' | 'invalid' | 'lost' | 'unknown' | 'parked';

/** What is kept beside the reference to a dead event. Holds no argument. */
export interface DeadLetterReason {
  readonly kind: DeadLetterKind;
  readonly code: string;
  /** The error's class and message, without arguments and secrets. */
  readonly error: string;
  readonly stack?: string;
  readonly attempts: number;
}

/** Ends a delivery for good: handled, or set aside with a reason. */
export interface Settlement {
  readonly delivery: Delivery;
  readonly deadLetter?: DeadLetterReason;
  /** With a dead letter, where `supports.parkByKey`: from now on the later events of its key are set aside, too. */
  readonly park?: boolean;
  /**
   * This consumer has no handler for it: set aside with this reason when the group remembers a member that has one,
   * and ended otherwise, in one step.
   */
  readonly unhandled?: DeadLetterReason;
}

/** Some deliveries in stream order. */
export interface Batch {
  readonly deliveries: readonly Delivery[];
  /** True when nothing newer was waiting behind this batch; it may then be empty. */
  readonly caughtUp: boolean;
}

/** An event read without a group. */
export type ReadEvent = Pick<Delivery, 'position' | 'appendedAt' | 'message' | 'malformed'>;
