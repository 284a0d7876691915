import type { Channel, ConsumerState, GroupState, Stream } from '../core/index.js';

/** What metrics are taken of: a `Backbone`, or whoever can tell the same. */
export interface Measured {
  readonly channel: Channel;
  /** How the consumers of this process stand. */
  states(): readonly ConsumerState[];
  /** How the groups stand on the server, and how old what waits in them is. */
  groups(): Promise<readonly MeasuredGroup[]>;
}

/** How one group stands. */
export interface MeasuredGroup extends GroupState {
  readonly stream: Stream;
  readonly lagMs?: number;
  readonly oldestPendingMs?: number;
}
