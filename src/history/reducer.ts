import type { HandledName } from '../core/index.js';
import type { EventOf } from './event-selection.js';

/** Makes a state of events: begins with `initial` and takes in one event after the other. Pure, and never asynchronous. */
export interface Reducer<C extends object, State> {
  /** Names the reducer among those of its contract; needed for snapshots. */
  readonly name?: string;
  /** Raise it whenever the reducer makes another state of the same events: older snapshots then no longer count. */
  readonly version?: number;
  /** Gives the state before the first event, a new one each time. */
  readonly initial: () => State;
  /** What each event does to the state, by the contract's methods; only these events are read. */
  readonly on: { readonly [K in HandledName<C>]?: (state: State, event: EventOf<C, K>) => State };
  /** Turns a state into plain JSON for a snapshot, where it is none by itself. Together with `restore`. */
  readonly save?: (state: State) => unknown;
  /** Turns what was saved into a state again. */
  readonly restore?: (saved: never) => State;
}
