import type { DeadLetterReason, ReadEvent } from './delivery.js';
import type { Checkpoint, Position } from './position.js';
import type { Stream } from './stream.js';

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
