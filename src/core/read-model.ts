import type { DeadLetterReason } from './delivery.js';
import type { CheckpointStore, SavedCheckpoint } from './checkpoint-store.js';
import type { Position } from './position.js';

/** An event that a projection passed over because its handler failed. Holds no argument. */
export interface SkippedEvent {
  readonly position: Position;
  /** Absent when the entry could not be read at all. */
  readonly eventId?: string;
  readonly type?: string;
  readonly reason: DeadLetterReason;
}

/** What projections write to: transactions in which an effect and its checkpoint become visible together, or not at all. */
export interface ReadModelSide<Transaction = unknown> extends CheckpointStore<Transaction> {
  /** Runs the work in a transaction that ends with it: committed when it resolves, rolled back when it rejects. */
  transaction<T>(projection: string, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * Drops what the projection has made, runs `create` and saves where the projection begins, all in one transaction.
   *
   * @throws BackboneError `EB_LEASE_LOST` when somebody has taken a newer fence.
   */
  recreate(
    projection: string,
    next: SavedCheckpoint,
    create: (transaction: Transaction) => Promise<void>,
  ): Promise<void>;
  /** Notes an event that is passed over, in the transaction that passes it over. */
  noteSkipped(projection: string, skipped: SkippedEvent, transaction: Transaction): Promise<void>;
  /** Lists what was passed over since the model was made, the oldest first. */
  skipped(projection: string): Promise<readonly SkippedEvent[]>;
  /** Tells whether it was the database that failed, so that the same work may succeed later. */
  isTransient(error: unknown): boolean;
}

/** A model that is built where nobody reads it. */
export interface ShadowModel<Transaction = unknown> extends ReadModelSide<Transaction> {
  /**
   * Puts what was built in the place of the live model, its checkpoint included, in one transaction: whoever reads sees
   * the old or the new model, never none. The live model's fence becomes a newer one.
   *
   * @throws BackboneError `EB_LEASE_LOST` when somebody has taken a newer fence of the shadow.
   */
  replaceLive(projection: string, fence: number): Promise<void>;
}

/** A database that projections write to. */
export interface ReadModel<Transaction = unknown> extends ReadModelSide<Transaction> {
  readonly shadow: ShadowModel<Transaction>;
  /** Frees what the read model itself opened; a pool that was passed in stays open. Idempotent. */
  close(): Promise<void>;
}
