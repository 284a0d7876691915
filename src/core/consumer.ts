import { ChangeSignal } from './change-signal.js';
import type { Batch, Delivery, Settlement, Stream, Subscription } from './channel.js';
import { consumerLimits, type ConsumerLimits, type ConsumerOptions } from './consumer-options.js';
import { deadline } from './deadline.js';
import { DeliveryHandling } from './delivery-handling.js';
import { reportConsumer, type ConsumerDiagnostic } from './diagnostics.js';
import { BackboneError } from './errors.js';
import { jsonCodec } from './json-codec.js';
import { Lanes } from './lanes.js';
import { Settler } from './settler.js';

/** How a consumer stands and what it has done since its start. */
export interface ConsumerState {
  readonly stream: Stream;
  readonly group: string;
  readonly status: 'idle' | 'running' | 'stopping' | 'stopped' | 'failed';
  readonly inFlight: number;
  readonly handled: number;
  readonly skipped: number;
  readonly deadLetters: number;
  /** Why it failed. */
  readonly error?: unknown;
}

/** Reads a group's deliveries, runs each through middleware and handler in its key's lane, and settles what is done. */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #limits: ConsumerLimits;
  readonly #stopping = new AbortController();
  readonly #handling: DeliveryHandling;
  readonly #lanes: Lanes<Delivery>;
  readonly #changes = new ChangeSignal();
  #subscription: Subscription | undefined;
  #settler: Settler | undefined;
  #status: ConsumerState['status'] = 'idle';
  #error: unknown;
  #inFlight = 0;
  #working = 0;
  #stopped: Promise<void> | undefined;

  /** @throws BackboneError `EB_OPTIONS` for limits that are no whole numbers from 1, and for two handlers of one type. */
  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#limits = consumerLimits(options);
    const { channel, stream, group, codec = jsonCodec } = options;
    const from = { channel, stream, group, codec, stopping: this.#stopping.signal };
    this.#handling = new DeliveryHandling(options, from);
    this.#lanes = new Lanes(this.#limits.concurrency, (delivery) => this.#work(delivery));
  }

  get state(): ConsumerState {
    const { stream, group } = this.#options;
    const counts = { inFlight: this.#inFlight, ...this.#handling.counts, error: this.#error };
    return { stream, group, status: this.#status, ...counts };
  }

  /** Begins to read; returns at once, whether or not the server is there. */
  start(): void {
    if (this.#status !== 'idle') return;
    const { channel, stream, group, from } = this.#options;
    const subscription = channel.subscribe({
      stream,
      group,
      types: this.#handling.types,
      from,
      batchSize: this.#limits.batchSize,
      onLost: (lost) => this.#handling.lose(lost),
    });
    this.#status = 'running';
    this.#subscription = subscription;
    this.#settler = new Settler(subscription, {
      settled: (settlements, lost) => this.#onSettled(settlements, lost),
      failed: (error) => this.#report({ kind: 'settleFailed', error }),
    });
    void this.#read(subscription);
  }

  /**
   * Stops: no handler starts any more, running ones may finish, what is done is settled, the rest is given back.
   * Resolves by the deadline, whatever hangs; handlers that run into it see their signal fire a moment before.
   * Calling it again joins the first call.
   */
  stop(timeoutMs: number): Promise<void> {
    return (this.#stopped ??= this.#stop(timeoutMs));
  }

  async #read(subscription: Subscription): Promise<void> {
    const room = this.#limits.maxInFlight - this.#limits.batchSize;
    try {
      const iterator: AsyncIterator<Batch, unknown> = subscription[Symbol.asyncIterator]();
      this.#stopping.signal.addEventListener('abort', () => void leave(iterator), { once: true });
      for (;;) {
        const next = await iterator.next();
        if (this.#isStopping()) return;
        if (next.done === true) throw new BackboneError('EB_CLOSED', 'the channel was closed under its consumer');
        const { deliveries } = next.value;
        this.#inFlight += deliveries.length;
        for (const delivery of deliveries) this.#lanes.push(delivery.message?.key ?? '', delivery);
        while (this.#inFlight > room && !this.#isStopping()) await this.#changes.next();
      }
    } catch (error) {
      if (this.#isStopping()) return;
      this.#error = error;
      this.#status = 'failed';
      this.#report({ kind: 'failed', error });
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #work(delivery: Delivery): Promise<void> {
    this.#working += 1;
    const settlement = await this.#handling.settlementOf(delivery);
    this.#working -= 1;
    if (settlement) this.#settler?.add(settlement);
    else this.#finish(1);
  }

  #onSettled(settlements: readonly Settlement[], lost: readonly Delivery[]): void {
    if (lost.length > 0) this.#report({ kind: 'leaseLost', attempt: lost.length });
    this.#finish(settlements.length);
  }

  #finish(count: number): void {
    this.#inFlight -= count;
    this.#changes.notify();
  }

  async #stop(timeoutMs: number): Promise<void> {
    const failed = this.#status === 'failed';
    this.#status = 'stopping';
    this.#stopping.abort();
    this.#finish(this.#lanes.clear());
    if (this.#subscription) await this.#leave(this.#subscription, timeoutMs);
    this.#status = failed ? 'failed' : 'stopped';
  }

  async #leave(subscription: Subscription, timeoutMs: number): Promise<void> {
    const { nearly, over, cancel } = deadline(timeoutMs);
    await Promise.race([this.#drained(), nearly]);
    this.#handling.abort('the application is shutting down and the time to finish is over');
    this.#settler?.close();
    await Promise.race([closed(subscription), over]);
    cancel();
  }

  async #drained(): Promise<void> {
    while (this.#working > 0) await this.#changes.next();
    await this.#settler?.flushed();
  }

  #report(event: Omit<ConsumerDiagnostic, 'channel' | 'stream' | 'group'>): void {
    const { channel, stream, group } = this.#options;
    reportConsumer({ channel, stream, group, ...event });
  }
}

async function leave(iterator: AsyncIterator<Batch, unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Reading is over either way; what matters is told by `next` and `close`.
  }
}

async function closed(subscription: Subscription): Promise<void> {
  try {
    await subscription.close();
  } catch {
    // The server is away: what was not given back comes to others when this consumer's lease ends.
  }
}
