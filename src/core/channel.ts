import type { BackboneError } from './errors.js';
import type { Message } from './message.js';
import type { Checkpoint, Position } from './position.js';

/** Names one stream: the events of a contract in one environment. */
export interface Stream {
  readonly environment: string;
  readonly contract: string;
}

/** What a channel can do. The application is checked against it at start-up; nothing is ignored silently. */
export interface ChannelSupports {
  /** Events outlive the process. */
  readonly persistent: boolean;
  /** Several consumers of a group share its events. */
  readonly competingConsumers: boolean;
  /** Order per key holds across the consumers of a group, not only inside one. */
  readonly keyedOrderAcrossConsumers: boolean;
  /** Any subset of a batch can be settled; what was settled never comes again. */
  readonly selectiveSettle: boolean;
  /** `Delivery.deliveries` counts across consumers and restarts. */
  readonly deliveryCount: boolean;
  /** What became of an event before is remembered across consumers and restarts: `Delivery.past`, `Subscription.record`. */
  readonly attempts: boolean;
  /** Appending an id that is stored already stores nothing and returns the first position. */
  readonly dedupe: boolean;
  /** `publish` honours `expected`. */
  readonly expectedVersion: boolean;
  /** `publish` can join a transaction of the caller. */
  readonly transaction: boolean;
  readonly readByKey: boolean;
  readonly readById: boolean;
  /** A failing event can hold back the later ones of its key, and no others. */
  readonly parkByKey: boolean;
  /** Personal fields are stored apart and can be erased from a stored event. */
  readonly erase: boolean;
  /** A dead letter and the settlement of its event are one step. */
  readonly atomicDeadLetter: boolean;
  /** Events that every group has finished can be removed. */
  readonly trim: boolean;
}

/** What a key must look like before an append: nothing is asked, no event yet, some event, or exactly so many. */
export type ExpectedVersion = 'any' | 'none' | 'exists' | number;

/** How a call of `publish` is to be carried out. */
export interface PublishOptions {
  /** Where `supports.expectedVersion`; all messages of the call must share one key. */
  readonly expected?: ExpectedVersion;
  /** Where `supports.transaction`: the caller's own transaction. */
  readonly transaction?: unknown;
  readonly signal?: AbortSignal;
}

/** Where one message was stored. */
export interface Published {
  readonly position: Position;
  /** True when the id was stored before this call; nothing was added. */
  readonly duplicate: boolean;
}

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

/** A dead letter: the reference to the event and why it stands there. */
export interface DeadLetter extends DeadLetterReason {
  /** The dead letter's own id inside its group. */
  readonly id: string;
  readonly stream: Stream;
  readonly group: string;
  readonly position: Position;
  /** Absent when the entry could not be read at all. */
  readonly eventId?: string;
  readonly type?: string;
  readonly key?: string;
  /** When it was set aside: milliseconds since 1970 by the server's clock. */
  readonly time: number;
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

/** Which events to read without a group. */
export interface ReadOptions {
  readonly stream: Stream;
  /** Exclusive. From the beginning when absent. */
  readonly after?: Checkpoint;
  /** Inclusive. To the present end when absent. */
  readonly until?: Checkpoint;
  /** Only events stored at this time or later: milliseconds since 1970 by the server's clock, and exact. */
  readonly fromMs?: number;
  /** Only events stored before this time, exactly. Not together with `follow`. */
  readonly untilMs?: number;
  readonly types?: readonly string[];
  /** Fetch these fields only; all when absent. */
  readonly fields?: readonly string[];
  /** Where `supports.readByKey`. */
  readonly key?: string;
  /** Where `supports.readById`: just these events, in the order given; unknown ids are left out. */
  readonly ids?: readonly string[];
  readonly batchSize?: number;
  /**
   * Do not end at the present end: go on with what is appended later, until this signal fires. An empty batch says that
   * everything there was has been read. Not together with `until` or `ids`.
   */
  readonly follow?: AbortSignal;
}

/** An event read without a group. */
export type ReadEvent = Pick<Delivery, 'position' | 'appendedAt' | 'message' | 'malformed'>;

/** A consumer of a group, as far as the server tells. */
export interface GroupMember {
  readonly name: string;
  /** What it was handed and has not settled; 0 where only its own process knows. */
  readonly pending: number;
  /** How long ago it was last heard of. */
  readonly idleMs?: number;
  /** The parts of the stream that it holds alone: partitions, on PostgreSQL slots. Absent where consumers compete for all. */
  readonly partitions?: readonly number[];
}

/** How a group stands. */
export interface GroupState {
  readonly group: string;
  readonly consumers: number;
  /** Handed out and not settled. */
  readonly pending: number;
  /** Not handed out yet; `undefined` where the server cannot tell. */
  readonly lag: number | undefined;
  /** When the oldest event that was not handed out yet was stored: milliseconds by the server's clock. */
  readonly oldestWaitingAt?: number;
  /** When the oldest event that was handed out and not settled was stored. */
  readonly oldestPendingAt?: number;
  /** How many of the pending events have failed before. */
  readonly retrying: number;
  /** Dead letters, parked events included. */
  readonly deadLetters: number;
  /** How many keys are parked. */
  readonly parkedKeys: number;
  /** The last position handed out, per partition. */
  readonly delivered: Checkpoint;
  /** Its consumers, and those whose consumer is gone and who still hold something; absent where the server cannot tell. */
  readonly members?: readonly GroupMember[];
}

/** How much a stream holds, and from where to where it reaches. Asking for it is cheap, however long the stream is. */
export interface StreamExtent {
  /** How many events it holds; `undefined` where the server cannot tell. */
  readonly events: number | undefined;
  /** True when `events` is the server's estimate, false when they were counted. */
  readonly isEstimated: boolean;
  /** What they take on the server, about. */
  readonly bytes?: number;
  /** Grows by one with each append, about: two looks tell how much came in between. Says nothing by itself. */
  readonly appended?: number;
  /** The oldest position that is left, of each partition that holds something. */
  readonly first: Checkpoint;
  /** The newest position, of each partition that holds something. */
  readonly last: Checkpoint;
  /** When the newest event was stored: milliseconds since 1970 by the server's clock; absent where that is not cheap. */
  readonly lastAt?: number;
}

/**
 * Looks at and removes what was set aside. A dead letter keeps its event from being trimmed until it is redriven or
 * removed. Those of a parked key belong together: redriving one redrives all of them in their order, and the key goes on
 * behind them; removing the last one lets the key go on.
 */
export interface DeadLetterAdmin {
  list(stream: Stream, group: string, options?: { after?: string; limit?: number }): Promise<readonly DeadLetter[]>;
  show(stream: Stream, group: string, id: string): Promise<{ letter: DeadLetter; event?: ReadEvent } | undefined>;
  /** Hands the event to its group again; returns how many were found. Idempotent. */
  redrive(stream: Stream, group: string, ids: readonly string[]): Promise<number>;
  remove(stream: Stream, group: string, ids: readonly string[]): Promise<number>;
}

/** What may be trimmed: everything that all of the given limits let go. At least one is needed. */
export interface TrimLimits {
  /** Events up to these positions, inclusive. */
  readonly until?: Checkpoint;
  /** Events stored before: milliseconds since 1970 by the server's clock. */
  readonly before?: number;
  /** How many of the newest events of each partition stay. */
  readonly keep?: number;
  /** Also what groups have not finished and what dead letters refer to. It is lost to them. */
  readonly force?: boolean;
}

/** Where a group is moved to; a checkpoint is the last event that it shall not be handed. */
export type ResetTarget = 'beginning' | 'end' | Checkpoint | { readonly timeMs: number };

/** What an operator does to a stream. A member that a channel does not offer rejects with `EB_UNSUPPORTED`. */
export interface ChannelAdmin {
  groups(stream: Stream): Promise<readonly GroupState[]>;
  state(stream: Stream, group: string): Promise<GroupState | undefined>;
  /** Tells how much a stream holds; nothing is counted that would take long. Of a stream that does not exist: nothing. */
  extent(stream: Stream): Promise<StreamExtent>;
  /**
   * Moves a group, also while its consumers run: they go on from there without being started again, and nothing that they
   * were handed before counts any more: attempts are forgotten, parked keys go on, dead letters stay. Events that it had
   * finished are `replayed` when they come again. A time means the first event stored then or later.
   *
   * @throws BackboneError `EB_ARGUMENT` for a group that does not exist, for a position of another channel or behind the
   *   end, and for a time that has not come yet.
   */
  reset(stream: Stream, group: string, to: ResetTarget): Promise<void>;
  readonly deadLetters: DeadLetterAdmin;
  /**
   * Removes the oldest events with their fields, where `supports.trim`: at most up to what the slowest group has not
   * finished, and not those that dead letters refer to. Returns how many.
   */
  trim(stream: Stream, limits: TrimLimits): Promise<number>;
  /** Erases the personal fields of events, or the named fields; returns how many events were touched. */
  erase(stream: Stream, ids: readonly string[], fields?: readonly string[]): Promise<number>;
}

/** Carries messages: one implementation per technology, all held to one conformance suite. */
export interface Channel {
  /** What it stands on, in a word, for people and metrics: `redis`, `kafka`, `postgres`, `memory`. */
  readonly technology?: string;
  readonly supports: ChannelSupports;
  /**
   * Appends messages in order, all of one partition or none, and resolves once the server confirmed.
   *
   * @throws BackboneError `EB_NOT_STORED` (surely not stored), `EB_OUTCOME_UNKNOWN` (repeat with the same ids),
   *   `EB_CHANNEL` (the server refuses, and will again: missing rights, a key of another type), `EB_BACKPRESSURE`,
   *   `EB_CONFLICT`, `EB_TOO_LARGE`, `EB_UNSUPPORTED`, `EB_CLOSED`.
   */
  publish(stream: Stream, messages: readonly Message[], options?: PublishOptions): Promise<readonly Published[]>;
  /** Starts nothing before the first iteration. Never fails because the server is away: it waits and says so. */
  subscribe(options: SubscribeOptions): Subscription;
  /** The same stream without a group; changes nothing. */
  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]>;
  readonly admin: ChannelAdmin;
  /** Frees what the channel itself opened; a client that was passed in stays open. Idempotent. */
  close(): Promise<void>;
}
