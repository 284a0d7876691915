import { BackboneError, type Published } from '../core/index.js';
import type { PreparedEvent } from './append-call.js';
import type { StreamKeys } from './keys.js';
import { layoutRefusal } from './partition-layout.js';
import { channelError, failureReason, type FailureKind } from './redis-failure.js';

/** What an append is made of. */
export interface AppendInput {
  /** Counts the appends of a channel: what was given first is sent first. */
  readonly sequence: number;
  readonly keys: StreamKeys;
  readonly events: readonly PreparedEvent[];
  /** When to stop asking, by this process's clock. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** One call of `publish`: its events are stored together, all or none, and its caller is told once. */
export class Append {
  readonly sequence: number;
  readonly keys: StreamKeys;
  readonly events: readonly PreparedEvent[];
  readonly deadline: number;
  readonly bytes: number;
  readonly published: Promise<readonly Published[]>;
  readonly #signal: AbortSignal | undefined;
  #resolve: (published: readonly Published[]) => void = () => undefined;
  #reject: (error: BackboneError) => void = () => undefined;
  #detach: () => void = () => undefined;
  #maybeStored = false;
  #last: unknown;

  constructor({ sequence, keys, events, deadline, signal }: AppendInput) {
    this.sequence = sequence;
    this.keys = keys;
    this.events = events;
    this.deadline = deadline;
    this.#signal = signal;
    this.bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    this.published = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** True when it is not worth another try. */
  isOver(): boolean {
    return this.#signal?.aborted === true || this.deadline <= Date.now();
  }

  /** Calls back when the caller gives up, until {@link detach}. */
  onAbort(listener: () => void): void {
    const signal = this.#signal;
    if (!signal) return;
    signal.addEventListener('abort', listener, { once: true });
    this.#detach = () => signal.removeEventListener('abort', listener);
  }

  detach(): void {
    this.#detach();
  }

  /** Takes its replies from the list of a whole call; returns where the next append's begin. */
  succeed(replies: readonly string[], from: number): number {
    const published = this.events.map((_, i): Published => {
      const reply = replies[from + i] as string;
      const duplicate = reply.startsWith('=');
      return { position: { partition: this.keys.partition, id: duplicate ? reply.slice(1) : reply }, duplicate };
    });
    this.#resolve(published);
    return from + published.length;
  }

  /** Takes note of a failure; false when it is final and the caller knows. */
  failOnce(kind: FailureKind, error: unknown): boolean {
    this.#last = error;
    if (kind === 'unknown') this.#maybeStored = true;
    // Once it may be stored, a refusal of another try does not tell that it is not.
    if (this.#maybeStored || (kind !== 'full' && kind !== 'fatal' && kind !== 'noGroup')) return true;
    this.#reject(kind === 'full' ? full() : (layoutRefusal(error, this.keys) ?? channelError('the append', error)));
    return false;
  }

  /** Tells the caller that there will be no other try. */
  giveUp(): void {
    const why = this.#last === undefined ? 'Redis cannot be reached' : failureReason(this.#last);
    const reason = this.#signal?.aborted === true ? 'the caller gave up' : why;
    this.#reject(
      this.#maybeStored
        ? new BackboneError(
            'EB_OUTCOME_UNKNOWN',
            `Redis did not confirm (${reason}); repeat with the same event id to be sure`,
          )
        : new BackboneError('EB_NOT_STORED', `nothing was stored: ${reason}`),
    );
  }
}

function full(): BackboneError {
  const message = 'Redis is out of memory (maxmemory reached); nothing was stored, slow down';
  return new BackboneError('EB_BACKPRESSURE', message);
}
