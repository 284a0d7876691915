import type { Checkpoint, Position } from './position.js';

/** The last event that a projection took in. It must still stand there when the projection goes on. */
export interface Anchor {
  readonly id: string;
  readonly position: Position;
  /** The position that the projection had reached in this partition before; absent for its first event. */
  readonly after?: Position;
}

/** How far a projection has come, and under which fence. */
export interface SavedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Grows each time somebody takes the projection over; who holds an older one can save no more. */
  readonly fence: number;
  /** Absent as long as it took in nothing. */
  readonly anchor?: Anchor;
  /** The version of the projection that made its tables; 0 when nothing was made yet. */
  readonly version: number;
  /** It has read everything there was once; until then it is being built. */
  readonly complete: boolean;
}

/** Remembers how far a projection has read, in the same database as the projection's effects. */
export interface CheckpointStore<Transaction = unknown> {
  load(projection: string): Promise<SavedCheckpoint | undefined>;
  /**
   * Takes the next fence and returns what was saved last. Waits for a save that is under way, so that what is returned
   * is what counts. `holder` is a name that nobody else uses; with `again`, only if it was the last one to take a fence.
   *
   * @throws BackboneError `EB_LEASE_LOST` with `again`, when somebody else has taken a fence meanwhile.
   */
  takeFence(projection: string, holder: string, again?: boolean): Promise<SavedCheckpoint>;
  /**
   * Saves inside the read model's transaction, which must come to nothing if this rejects.
   *
   * @throws BackboneError `EB_LEASE_LOST` when somebody has taken a newer fence.
   */
  save(projection: string, next: SavedCheckpoint, transaction: Transaction): Promise<void>;
}
