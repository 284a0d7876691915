import type { Batch, Delivery, Settlement } from './delivery.js';
import type { Stream } from './stream.js';

/** Which events to hand to which group. */
export interface SubscribeOptions {
  readonly stream: Stream;
  readonly group: string;
  /** A name of this consumer, unique among the living ones of the group; made up when absent. */
  readonly consumer?: string;
  /**
   * The types that this consumer handles; all when absent. Fields are fetched for these only, other events come without
   * (`fieldsOmitted`). The group remembers for at least a day that a member handles them, and dead letters of kind
   * `unknown` that have such a type are handed to this consumer.
   */
  readonly types?: readonly string[];
  /** Where a group that does not exist yet begins. Default `beginning`. */
  readonly from?: 'beginning' | 'end';
  /** The most deliveries in one batch. */
  readonly batchSize?: number;
  /** Set events of parked keys aside before they are handed out, where `supports.parkByKey`. */
  readonly parkKeys?: boolean;
  /** Called when deliveries were taken over by another consumer; settling them has no effect any more. */
  readonly onLost?: (deliveries: readonly Delivery[]) => void;
}

/** Leaving the iteration stops reading; `close` gives back what was not settled. There is no nack. */
export interface Subscription extends AsyncIterable<Batch> {
  /**
   * Ends deliveries for good, in any order, until `close`. Returns those that this consumer no longer owned:
   * their settlement had no effect. Rejects when the server did not confirm; the deliveries then stay pending. After
   * `close` nothing is settled any more: all are returned, or `EB_CLOSED`.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]>;
  /**
   * Remembers about deliveries in hand, where `supports.attempts`, that the handler has failed and spent an attempt
   * (`failure`), or is about to run on an event that was handed out before (`start`). Forgotten when they are settled; a
   * start is taken back when they are given back. Rejects when the server did not confirm.
   */
  record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void>;
  /** Gives back every unsettled delivery, so that others get it at once, and frees what is held. Idempotent. */
  close(): Promise<void>;
}
