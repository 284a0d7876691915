import { setMaxListeners } from 'node:events';
import { ChangeSignal } from './change-signal.js';
import type { Batch, Delivery, Settlement } from './delivery.js';
import type { Stream } from './stream.js';
import type { Subscription } from './subscription.js';
import { consumerLimits, type ConsumerLimits, type ConsumerOptions } from './consumer-options.js';
import { deadline } from './deadline.js';
import type { RecordedFact } from './consumed-event.js';
import { DeliveryHandling } from './delivery-handling.js';
import { DeprecationNotice } from './deprecation.js';
import { reportConsumer, type ConsumerDiagnostic } from './diagnostics.js';
import { BackboneError } from './errors.js';
import { jsonCodec } from './json-codec.js';
import { Lanes, type Place } from './lanes.js';
import type { Fields, Message } from './message.js';
import { Settler } from './settler.js';

/** How a consumer stands and what it has done since its start. */
export interface ConsumerState {
  readonly stream: Stream;
  readonly group: string;
  readonly status: 'idle' | 'running' | 'paused' | 'stopping' | 'stopped' | 'failed';
  /** Events read and not settled yet. */
  readonly inFlight: number;
  /** Those of them whose handler has begun: it runs, or waits for its next try. */
  readonly running: number;
  readonly handled: number;
  readonly skipped: number;
  readonly deadLetters: number;
  /** Passed over, because an argument that their handler needs was erased. */
  readonly erased: number;
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
  #failure: { readonly error: unknown } | undefined;
  #inFlight = 0;
  #working = 0;
  #stopped: Promise<void> | undefined;

  /**
   * @throws BackboneError `EB_OPTIONS` for limits that are no whole numbers from 1, and for two handlers of one type;
   *   `EB_UNSUPPORTED` for `onFailure: 'park-key'` on a channel that cannot park.
   */
  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#limits = consumerLimits(options);
    const { channel, stream, group, codec = jsonCodec } = options;
    if (this.#limits.onFailure === 'park-key' && !channel.supports.parkByKey) throw cannotPark(group);
    // Every event that waits for something listens to it.
    setMaxListeners(0, this.#stopping.signal);
    const record = channel.supports.attempts ? this.#record : undefined;
    const from = { channel, stream, group, codec, stopping: this.#stopping.signal, record };
    const stop = (error: unknown, { message }: Delivery) => void this.#giveUp(error, message);
    this.#handling = new DeliveryHandling({ ...options, ...this.#limits, stop }, from);
    this.#lanes = new Lanes(this.#limits.concurrency, (delivery, place) => this.#work(delivery, place));
  }

  get state(): ConsumerState {
    const { stream, group } = this.#options;
    const counts = { inFlight: this.#inFlight, running: this.#working, ...this.#handling.counts };
    return { stream, group, status: this.#status, ...counts, error: this.#failure?.error };
  }

  /** Begins to read; returns at once, whether or not the server is there. */
  start(): void {
    if (this.#status !== 'idle') return;
    const { channel, stream, group, from, handlers } = this.#options;
    const notice = new DeprecationNotice(channel, stream);
    for (const { event } of handlers) notice.handled(event, group);
    const subscription = channel.subscribe({
      stream,
      group,
      types: this.#handling.types,
      from,
      batchSize: this.#limits.batchSize,
      ...(this.#handling.parked && { parkKeys: true }),
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
   * Begins no handler and reads nothing any more, until `resume`: running handlers finish, their next tries included, and
   * are settled; what was read already stays with this consumer.
   */
  pause(): void {
    if (this.#status !== 'running') return;
    this.#status = 'paused';
    this.#lanes.pause();
    this.#report({ kind: 'paused' });
  }

  /** Goes on after `pause`. */
  resume(): void {
    if (this.#status !== 'paused') return;
    this.#status = 'running';
    this.#report({ kind: 'resumed' });
    this.#lanes.resume();
    this.#changes.notify();
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
        this.#handling.parked?.onRead((key) => this.#lanes.has(key));
        const next = await iterator.next();
        if (this.#isStopping()) return;
        if (next.done === true) throw new BackboneError('EB_CLOSED', 'the channel was closed under its consumer');
        const { deliveries } = next.value;
        this.#inFlight += deliveries.length;
        for (const delivery of deliveries) {
          this.#handling.parked?.onDelivery(delivery);
          this.#lanes.push(delivery.message?.key ?? '', delivery);
        }
        while ((this.#inFlight > room || this.#status === 'paused') && !this.#isStopping()) await this.#changes.next();
      }
    } catch (error) {
      if (!this.#isStopping()) this.#fail(error);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #work(delivery: Delivery, place: Place): Promise<void> {
    this.#working += 1;
    const settlement = await this.#handling.settlementOf(delivery, place);
    this.#working -= 1;
    if (settlement) this.#settler?.add(settlement);
    else this.#finish(1);
  }

  #onSettled(settlements: readonly Settlement[], lost: readonly Delivery[]): void {
    if (lost.length > 0) this.#report({ kind: 'leaseLost', count: lost.length });
    this.#handling.parked?.onSettled(settlements, lost);
    this.#finish(settlements.length);
  }

  #finish(count: number): void {
    this.#inFlight -= count;
    this.#changes.notify();
  }

  /** Never rejects: what the channel did not take is counted in this process. */
  readonly #record = async (delivery: Delivery, what: RecordedFact): Promise<void> => {
    try {
      await this.#subscription?.record([delivery], what);
    } catch (error) {
      this.#report({ kind: 'settleFailed', error });
    }
  };

  #fail(error: unknown, message?: Message): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#status = 'failed';
    this.#report({ kind: 'failed', eventId: message?.id, type: message?.type, error }, message?.fields);
  }

  /** An event has failed for good, and nothing may pass it. */
  async #giveUp(error: unknown, message: Message | undefined): Promise<void> {
    this.#fail(error, message);
    if (this.#isStopping()) return;
    this.#beginStopping();
    await this.#drained();
    if (this.#subscription) await closed(this.#subscription);
  }

  #beginStopping(): void {
    this.#stopping.abort();
    this.#finish(this.#lanes.clear());
  }

  async #stop(timeoutMs: number): Promise<void> {
    if (!this.#failure) this.#status = 'stopping';
    this.#beginStopping();
    const began = performance.now();
    if (this.#subscription) {
      await this.#leave(this.#subscription, timeoutMs);
      this.#report({ kind: 'stopped', durationMs: performance.now() - began, count: this.#inFlight });
    }
    this.#status = this.#failure ? 'failed' : 'stopped';
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

  #report(event: Omit<ConsumerDiagnostic, 'channel' | 'stream' | 'group'>, fields?: Fields): void {
    const { channel, stream, group } = this.#options;
    reportConsumer({ channel, stream, group, ...event }, fields);
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

function cannotPark(group: string): BackboneError {
  const message = `the channel of the group ${group} cannot park keys; choose another channel, or another onFailure than 'park-key'`;
  return new BackboneError('EB_UNSUPPORTED', message, { details: { missing: ['parkByKey'] } });
}
