import type { Stream } from './stream.js';

/** How a relay stands and what it has done since its start. */
export interface RelayState {
  readonly stream: Stream;
  readonly target: Stream;
  readonly group: string;
  /** `waiting`: a server did not take what it was given; it is tried again. */
  readonly status: 'idle' | 'running' | 'waiting' | 'stopping' | 'stopped' | 'failed';
  /** Events that the target has confirmed. */
  readonly relayed: number;
  /** Those of them that the target had already. */
  readonly duplicates: number;
  /** Events that were passed over: they are not to be relayed. */
  readonly skipped: number;
  readonly deadLetters: number;
  /** Why it waits or has failed: the target's last answer. */
  readonly error?: unknown;
}

/** What is left to relay, by all relays of the group together. */
export interface RelayProgress {
  /** Events that have not been relayed yet; `undefined` where the server cannot tell, and for a group that never began. */
  readonly waiting: number | undefined;
  /** Events that were set aside: they are not in the target until they are redriven. */
  readonly deadLetters: number;
}
