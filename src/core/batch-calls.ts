import { AsyncResource } from 'node:async_hooks';
import type { BatchItem, BatchRun } from './batch-item.js';
import { BackboneError } from './errors.js';
import type { ConsumeContext } from './middleware.js';

/** How large a batch may grow and how long it may wait for that. */
export interface BatchOptions {
  /** The most events of one batch. Default 100. */
  readonly maxSize?: number;
  /** How long the first event of a batch waits for others at most. Default 20. */
  readonly maxWaitMs?: number;
}

/**
 * Collects calls for single events and runs them together. While an event waits for its batch, or for the batch to be
 * done, it gives its place to other keys; so batches can be larger than the number of places.
 *
 * A batch belongs to several events, so none is the current one while it runs: what it produces is no one's effect
 * unless it says so, and has ids of its own.
 */
export class BatchCalls {
  readonly #run: BatchRun;
  readonly #maxSize: number;
  readonly #maxWaitMs: number;
  readonly #watched = new WeakSet<AbortSignal>();
  #waiting = new Set<BatchCall>();
  #timer: NodeJS.Timeout | undefined;

  /** @throws BackboneError `EB_OPTIONS` for a size that is no whole number from 1, or a time that is no number from 0. */
  constructor(run: BatchRun, options: BatchOptions = {}) {
    const { maxSize = 100, maxWaitMs = 20 } = options;
    if (!Number.isSafeInteger(maxSize) || maxSize < 1) throw refused('maxSize', 'a whole number from 1', maxSize);
    if (!Number.isFinite(maxWaitMs) || maxWaitMs < 0 || maxWaitMs > LONGEST_TIMER_MS) {
      throw refused('maxWaitMs', `a number from 0 to ${LONGEST_TIMER_MS}`, maxWaitMs);
    }
    // Whichever event completes a batch must not become the current one of all.
    this.#run = AsyncResource.bind(run);
    this.#maxSize = maxSize;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Adds an event to the next batch; resolves when that is done, and rejects with what failed this event. When the event
   * is lost, its try has timed out or the consumer stops before the batch runs, it is taken out and rejects with the
   * reason.
   */
  call(args: unknown[], context: ConsumeContext): Promise<void> {
    return context.rest(
      () =>
        new Promise<void>((resolve, reject) => {
          const call = new BatchCall(args, context, { resolve, reject, onGivenUp: () => this.#forget(call) });
          this.#watch(context.stopping);
          if (!call.waits()) return;
          this.#waiting.add(call);
          if (this.#waiting.size >= this.#maxSize) void this.#begin();
          else this.#timer ??= setTimeout(() => void this.#begin(), this.#maxWaitMs);
        }),
    );
  }

  async #begin(): Promise<void> {
    this.#stopTimer();
    const calls = [...this.#waiting];
    this.#waiting = new Set();
    if (calls.length === 0) return;
    for (const call of calls) call.begin();
    try {
      await this.#run(calls);
    } catch (error) {
      for (const call of calls) call.fail(error);
    }
    for (const call of calls) call.end();
  }

  /** One listener for all events of a consumer: it lives as long as the signal does. */
  #watch(stopping: AbortSignal): void {
    if (this.#watched.has(stopping)) return;
    this.#watched.add(stopping);
    stopping.addEventListener('abort', () => {
      for (const call of [...this.#waiting]) if (call.context.stopping === stopping) call.giveUp();
    });
  }

  #forget(call: BatchCall): void {
    this.#waiting.delete(call);
    // The next event is the first of its batch, with all of the time before it.
    if (this.#waiting.size === 0) this.#stopTimer();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What becomes of a call. */
interface BatchCallEnd {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** It was given up before its batch began. */
  readonly onGivenUp: () => void;
}

/** One event on its way through a batch. */
class BatchCall implements BatchItem {
  // Read once: the next try of the event has another signal.
  readonly #signal: AbortSignal;
  readonly #end: BatchCallEnd;
  #failure: { readonly error: unknown } | undefined;
  #over = false;

  constructor(
    readonly args: unknown[],
    readonly context: ConsumeContext,
    end: BatchCallEnd,
  ) {
    this.#signal = context.signal;
    this.#end = end;
  }

  fail(error: unknown): void {
    if (!this.#over) this.#failure ??= { error };
  }

  /** Gives up as soon as its signal fires, until it begins; false when it has given up already. */
  waits(): boolean {
    if (this.#signal.aborted || this.context.stopping.aborted) this.giveUp();
    else this.#signal.addEventListener('abort', this.giveUp);
    return !this.#over;
  }

  readonly giveUp = (): void => {
    this.fail(this.#signal.aborted ? this.#signal.reason : stopped());
    this.#end.onGivenUp();
    this.begin();
    this.end();
  };

  begin(): void {
    this.#signal.removeEventListener('abort', this.giveUp);
  }

  end(): void {
    this.#over = true;
    if (this.#failure) this.#end.reject(this.#failure.error);
    else this.#end.resolve();
  }
}

function stopped(): BackboneError {
  const message = 'the consumer stopped before the batch ran; the event will be handed out again';
  return new BackboneError('EB_STOPPING', message);
}

function refused(path: string, what: string, got: unknown): BackboneError {
  return new BackboneError('EB_OPTIONS', `batch.${path} must be ${what}, got ${String(got)}`, { details: { path } });
}
