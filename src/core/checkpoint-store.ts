import type { Checkpoint } from './position.js';

/** A checkpoint and the fence under which it was saved. */
export interface SavedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly fence: number;
}

/** Remembers how far a projection has read, in the same database as the projection's effects. */
export interface CheckpointStore<Transaction = unknown> {
  load(projection: string): Promise<SavedCheckpoint | undefined>;
  /**
   * Saves inside the read model's transaction.
   *
   * @throws BackboneError `EB_LEASE_LOST` when a higher fence has saved before.
   */
  save(projection: string, next: SavedCheckpoint, transaction: Transaction): Promise<void>;
}
