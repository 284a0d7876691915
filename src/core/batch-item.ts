import type { EventContext } from './event-context.js';

/** One event of a batch; `Args` are the types of its arguments. */
export interface BatchItem<Args extends readonly unknown[] = readonly unknown[]> {
  readonly args: Args;
  readonly context: EventContext;
  /** Fails this event and no other, once the batch is done. Counts the first time, and not after the batch is done. */
  fail(error: unknown): void;
}

/** What a batch handler does: what it throws fails every event that it has not failed by itself. */
export type BatchRun = (items: readonly BatchItem[]) => unknown;
