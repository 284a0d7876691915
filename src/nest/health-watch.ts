import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DIAGNOSTICS, innermost, type Channel, type ConsumerDiagnostic, type ConsumerState } from '../core/index.js';

const MINUTE_MS = 60_000;

/** Remembers of a connection's consumers what no single look can tell: when they last came further, and what they lost. */
export class HealthWatch {
  readonly #channel: Channel;
  readonly #now: () => number;
  readonly #progress = new Map<string, { readonly done: number; readonly since: number }>();
  /** Until when a consumer waits for the next try of an event. */
  readonly #waitsUntil = new Map<string, number>();
  readonly #losses = new Map<string, number[]>();

  constructor(channel: Channel, now: () => number = () => Date.now()) {
    this.#channel = innermost(channel);
    this.#now = now;
  }

  /** Begins to listen. */
  open(): void {
    subscribe(DIAGNOSTICS.consumer, this.#onConsumer);
  }

  /** Stops listening. */
  close(): void {
    unsubscribe(DIAGNOSTICS.consumer, this.#onConsumer);
  }

  /** For how long a consumer has finished nothing although it has work; 0 where that is as it should be. */
  standstillMs(state: ConsumerState, lag: number): number {
    const { status, running, inFlight, handled, skipped, deadLetters, erased } = state;
    const name = nameOf(state);
    const now = this.#now();
    const done = handled + skipped + deadLetters + erased;
    const before = this.#progress.get(name);
    const isBusy = status === 'running' && (running > 0 || inFlight > 0 || lag > 0);
    const waits = (this.#waitsUntil.get(name) ?? 0) > now;
    if (!isBusy || waits || before?.done !== done) this.#progress.set(name, { done, since: now });
    return now - (this.#progress.get(name)?.since ?? now);
  }

  /** How often in the last minute events of a consumer were taken over by another one. */
  leaseLosses(state: ConsumerState): number {
    const after = this.#now() - MINUTE_MS;
    const recent = (this.#losses.get(nameOf(state)) ?? []).filter((at) => at > after);
    this.#losses.set(nameOf(state), recent);
    return recent.length;
  }

  readonly #onConsumer = (message: unknown): void => {
    const event = message as ConsumerDiagnostic;
    if (innermost(event.channel) !== this.#channel) return;
    const name = nameOf(event);
    if (event.kind === 'retry') {
      const until = this.#now() + (event.delayMs ?? 0);
      this.#waitsUntil.set(name, Math.max(until, this.#waitsUntil.get(name) ?? 0));
    }
    if (event.kind !== 'leaseLost') return;
    const after = this.#now() - MINUTE_MS;
    this.#losses.set(name, [...(this.#losses.get(name) ?? []).filter((at) => at > after), this.#now()]);
  };
}

function nameOf({ stream, group }: Pick<ConsumerState, 'stream' | 'group'>): string {
  return `${stream.environment}:${stream.contract}:${group}`;
}
