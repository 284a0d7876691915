import type { Channel, ChannelSupports } from '../../core/index.js';

/** What a promise is tried on. */
export interface ConformanceContext {
  /** The channel under test. Promises share it and never close it. */
  readonly channel: Channel;
  /** Opens another channel on the same server, as a second process would. Whoever opens it closes it. */
  open(): Promise<Channel>;
  /** Stops the server and starts it again with what it had stored. Promises that need it are vacuous without. */
  restart?(): Promise<void>;
  /** How long a promise waits for what must come before it fails. Default 10,000. */
  readonly deadlineMs?: number;
}

/** One promise of a channel, to be run by any test runner. */
export interface ConformanceCase {
  /** The promise in plain words; unique in the suite. */
  readonly name: string;
  /** The promise holds only for channels that support all of this. */
  readonly requires: readonly (keyof ChannelSupports)[];
  /** The promise is tried only in a context that has this. */
  readonly needs?: 'restart';
  /** Rejects with an `AssertionError` when the promise is broken. Uses a stream of its own and leaves nothing open. */
  readonly run: (context: ConformanceContext) => Promise<void>;
}
