import type { BatchItem, BatchRun } from './batch-item.js';
import type { EventDefinition } from './event-definition.js';
import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import type { BackboneError } from './errors.js';
import type { EventContext } from './event-context.js';
import type { EventMetadata, Fields } from './message.js';

/** An event on its way out, before its arguments are encoded. */
export interface ProduceContext {
  readonly stage: 'produce';
  readonly event: EventDefinition;
  /** The channel that it goes to. */
  readonly channel: Channel;
  readonly stream: Stream;
  /** May be replaced, element by element or whole. */
  args: unknown[];
  /** May be replaced, for instance to add headers. */
  metadata: EventMetadata;
  /**
   * Stores a value with the event that is no argument, as the field `x-<name>`: whoever asked for it, which tenant.
   * Middleware on the other side reads it with `attached`. Throws `EB_NAME`.
   */
  attach(name: string, value: unknown): void;
}

/** An event on its way in, before its handler runs. */
export interface ConsumeContext extends EventContext {
  readonly stage: 'consume';
  readonly event: EventDefinition;
  /** The channel that handed the event out; diagnostics name it. */
  readonly channel: Channel;
  /** The fields as stored. */
  readonly fields: Fields;
  /** Decoded on first use; throws `EB_UNDECODABLE`. May be replaced. */
  args: unknown[];
  /** The names of the fields that were erased. */
  readonly erased: readonly string[];
  /** What middleware attached to the event under this name; `undefined` when nothing. Throws `EB_UNDECODABLE`. */
  attached(name: string): unknown;
  /** Counted by the retry middleware. A new one begins with its arguments decoded anew and a signal that has not fired. */
  attempt: number;
  /** How many attempts failures have spent, before a restart, too, where the channel supports `attempts`. */
  readonly failures: number;
  /** Counts a failure that spends an attempt. Never rejects: what the channel could not store is counted in this process. */
  recordFailure(): Promise<void>;
  /** Lets other keys go on while the work waits for something; its own key stays held back. */
  rest<T>(work: () => Promise<T>): Promise<T>;
  /** Fires the signal of this try only. */
  abortAttempt(reason: BackboneError): void;
  /** True once `skip()` was called: the event is settled even if its handler fails, so no one should try again. */
  readonly skipped: boolean;
  /** Fires when the consumer stops: whoever waits should give up, the event will be handed out again. */
  readonly stopping: AbortSignal;
}

/** What a middleware is given. */
export type MiddlewareContext = ProduceContext | ConsumeContext;

/**
 * One concern around every event: call `next` to go on, once or (on the way in) several times, or throw to refuse.
 * On the way in, what is thrown past the last middleware sets the event aside as a dead letter, and so does a return
 * without the handler having succeeded, unless `skip()` was called: no event ends in silence.
 */
export interface Middleware {
  (context: MiddlewareContext, next: () => Promise<void>): Promise<void>;
  /**
   * True for one that neither produces events nor asks for the current event. When all of a consumer's middleware is
   * quiet, events are made ambient for their handlers only, which is cheaper.
   */
  readonly quiet?: boolean;
  /** Around each run of a batch handler, besides each of its events; what it throws fails every event of the batch. */
  readonly batch?: (items: readonly BatchItem[], next: () => Promise<void>) => Promise<void>;
}

/** Folds middleware and an innermost function into one function of the context. */
export function compose<C extends MiddlewareContext>(
  middleware: readonly Middleware[],
  innermost: (context: C) => Promise<void>,
): (context: C) => Promise<void> {
  return middleware.reduceRight<(context: C) => Promise<void>>(
    (next, current) => (context) => current(context, () => next(context)),
    innermost,
  );
}

/** Folds what middleware does around batches and a batch handler into one function. */
export function composeBatch(middleware: readonly Middleware[], handler: BatchRun): BatchRun {
  return middleware.reduceRight<BatchRun>((next, { batch }) => {
    if (!batch) return next;
    const run = async (items: readonly BatchItem[]): Promise<void> => {
      await next(items);
    };
    return (items) => batch(items, () => run(items));
  }, handler);
}
