import type { ChannelAdmin } from './channel-admin.js';
import type { ReadEvent } from './delivery.js';
import type { Message } from './message.js';
import type { Checkpoint, Position } from './position.js';
import type { Stream } from './stream.js';
import type { SubscribeOptions, Subscription } from './subscription.js';

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
