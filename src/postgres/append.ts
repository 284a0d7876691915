import { BackboneError, type Published } from '../core/index.js';
import { channelError, failureKind, failureReason } from './postgres-failure.js';
import type { EventInput } from './stored-event.js';

/** What an append is made of. */
export interface AppendInput {
  readonly stream: string;
  readonly events: readonly EventInput[];
  /** `any`, `none`, `exists` or a number. */
  readonly expected: string;
  readonly bytes: number;
  /** When to stop asking, by this process's clock. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** One call of `publish`: its events are stored together, all or none, and its caller is told once. */
export class Append {
  readonly input: AppendInput;
  readonly published: Promise<readonly Published[]>;
  #resolve: (published: readonly Published[]) => void = () => undefined;
  #reject: (error: BackboneError) => void = () => undefined;
  #maybeStored = false;
  #last: unknown;

  constructor(input: AppendInput) {
    this.input = input;
    this.published = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** True when it is not worth another try. */
  isOver(pauseMs = 0): boolean {
    return this.input.signal?.aborted === true || this.input.deadline <= performance.now() + pauseMs;
  }

  succeed(published: readonly Published[]): void {
    this.#resolve(published);
  }

  refuse(error: BackboneError): void {
    this.#reject(error);
  }

  /** Takes note of a failure; false when it is final and the caller knows. */
  failOnce(error: unknown): boolean {
    this.#last = error;
    const kind = failureKind(error);
    if (kind === 'unknown') this.#maybeStored = true;
    // Once it may be stored, a refusal of another try does not tell that it is not.
    if (this.#maybeStored || kind === 'unsent' || kind === 'refused') return true;
    this.#reject(kind === 'full' ? full(error) : channelError('the append', error));
    return false;
  }

  /** Tells the caller that there will be no other try. */
  giveUp(): void {
    const why = this.#last === undefined ? 'PostgreSQL could not be asked in time' : failureReason(this.#last);
    const reason = this.input.signal?.aborted === true ? 'the caller gave up' : why;
    const unknown = `PostgreSQL did not confirm (${reason}); repeat with the same event id to be sure`;
    this.#reject(
      this.#maybeStored
        ? new BackboneError('EB_OUTCOME_UNKNOWN', unknown)
        : new BackboneError('EB_NOT_STORED', `nothing was stored: ${reason}`),
    );
  }
}

function full(error: unknown): BackboneError {
  const message = `PostgreSQL is out of space (${failureReason(error)}); nothing was stored, slow down`;
  return new BackboneError('EB_BACKPRESSURE', message);
}
