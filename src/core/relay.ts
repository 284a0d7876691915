import type { Delivery, Settlement } from './delivery.js';
import type { Subscription } from './subscription.js';
import { deadLetterReason } from './dead-letter-reason.js';
import { deadline } from './deadline.js';
import { reportChannel, reportConsumer, type ConsumerDiagnostic } from './diagnostics.js';
import { BackboneError, describeError } from './errors.js';
import type { Message } from './message.js';
import { pause } from './pause.js';
import { checkErasable, helpsApart, relayFailure } from './relay-failure.js';
import { checkedRelay, type CheckedRelay, type RelayOptions } from './relay-options.js';
import { RelayReport } from './relay-report.js';
import type { RelayProgress, RelayState } from './relay-state.js';
import { relayedMessage } from './relayed-message.js';
import { personalCare } from './transformed-channel.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** A delivery that can be published. */
interface Readable {
  readonly delivery: Delivery;
  readonly message: Message;
}

/**
 * Copies the events of one channel's stream to another channel as they are: same id, key, metadata and fields. Where the
 * target encrypts personal fields or keeps whose they are, it is told so, as by the event's producer. An event is
 * settled when the target has confirmed it, so each arrives at least once, and exactly once where the target
 * supports `dedupe`. The order of each key is kept, also by several relays of a group where the source supports
 * `keyedOrderAcrossConsumers`. Servers that are away are waited for; an event that cannot be read, or that the target
 * can never store, becomes a dead letter of the relay's group.
 */
export class Relay {
  readonly #options: CheckedRelay;
  readonly #told: RelayReport;
  /** Begins nothing new. */
  readonly #stopping = new AbortController();
  /** Gives up what is under way. */
  readonly #leaving = new AbortController();
  readonly #lost = new WeakSet<Delivery>();
  readonly #counts = { relayed: 0, duplicates: 0, skipped: 0, deadLetters: 0 };
  #status: RelayState['status'] = 'idle';
  #error: unknown;
  #subscription: Subscription | undefined;
  #ended: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** @throws BackboneError `EB_OPTIONS`, `EB_NAME` */
  constructor(options: RelayOptions) {
    this.#options = checkedRelay(options);
    this.#told = new RelayReport(this.#options);
  }

  get state(): RelayState {
    const { stream, target, group } = this.#options;
    return { stream, target, group, status: this.#status, ...this.#counts, error: this.#error };
  }

  /**
   * Asks the server how much is left to relay.
   *
   * @throws BackboneError `EB_CHANNEL` when it cannot be reached.
   */
  async progress(): Promise<RelayProgress> {
    const { from, stream, group } = this.#options;
    const state = await from.admin.state(stream, group);
    if (!state) return { waiting: undefined, deadLetters: 0 };
    const { lag, oldestWaitingAt, pending, deadLetters } = state;
    // Redis cannot always count what waits, but it knows when nothing does.
    const behind = lag ?? (oldestWaitingAt === undefined ? 0 : undefined);
    return { waiting: behind === undefined ? undefined : behind + pending, deadLetters };
  }

  /** Begins to relay; returns at once, whether or not the servers are there. */
  start(): void {
    if (this.#status !== 'idle') return;
    const { from, stream, group, begin, batchSize, types } = this.#options;
    const onLost = (lost: readonly Delivery[]) => {
      for (const delivery of lost) this.#lost.add(delivery);
    };
    this.#subscription = from.subscribe({ stream, group, from: begin, batchSize, types, onLost });
    this.#status = 'running';
    this.#ended = this.#run(this.#subscription);
  }

  /**
   * Stops: what is being published may finish and is settled, the rest is given back. Resolves by the deadline, whatever
   * hangs. Calling it again joins the first call.
   */
  stop(timeoutMs: number): Promise<void> {
    return (this.#stopped ??= this.#stop(timeoutMs));
  }

  async #run(subscription: Subscription): Promise<void> {
    const iterator = subscription[Symbol.asyncIterator]();
    const leave = () => void iterator.return?.().catch(() => undefined);
    this.#stopping.signal.addEventListener('abort', leave, { once: true });
    try {
      for (;;) {
        const next = await iterator.next();
        if (this.#isStopping()) return;
        if (next.done === true) throw new BackboneError('EB_CLOSED', 'the channel was closed under its relay');
        await this.#pass(subscription, next.value.deliveries);
      }
    } catch (error) {
      if (this.#isStopping()) return;
      this.#status = 'failed';
      this.#error = error;
      this.#report({ kind: 'failed', error });
      // Others of the group may fare better, and need not wait for a lease to end.
      await closed(subscription);
    }
  }

  async #pass(subscription: Subscription, deliveries: readonly Delivery[]): Promise<void> {
    const began = performance.now();
    const done: Settlement[] = [];
    const readable: Readable[] = [];
    for (const delivery of deliveries) {
      try {
        const message = this.#relayed(delivery);
        if (message) readable.push({ delivery, message });
        else done.push(this.#passOver(delivery));
      } catch (error) {
        if (!delivery.malformed && relayFailure(error) === 'relay') throw error;
        done.push(this.#setAside(delivery, error, 0));
      }
    }
    try {
      await this.#publish(readable, done);
    } finally {
      // Also when the rest has failed: what has arrived need not be sent again.
      const sent = new Set(readable.map(({ delivery }) => delivery));
      this.#told.processed(deliveries, sent, done, began);
      if (done.length > 0) await this.#settle(subscription, done);
    }
  }

  /** Returns nothing for one that is passed over. @throws what makes a dead letter of it */
  #relayed({ message, malformed }: Delivery): Message | undefined {
    if (!message || malformed) throw malformed ?? unreadable();
    const { to, stream, types, outgoing, contracts, codec } = this.#options;
    if (types && !types.includes(message.type)) return undefined;
    const sent = outgoing(message);
    // Elsewhere fields are nobody's business, and what cannot be decoded is copied, too.
    if (!sent || !personalCare(to).noted) return sent;
    return relayedMessage(sent, { contracts, contract: stream.contract, codec });
  }

  #passOver(delivery: Delivery): Settlement {
    this.#counts.skipped += 1;
    return { delivery };
  }

  /** Together as long as that works, else one by one, in order either way. */
  async #publish(events: readonly Readable[], done: Settlement[]): Promise<void> {
    const began = performance.now();
    try {
      await this.#send(events, done, began);
    } catch (error) {
      if (events.length > 1 && helpsApart(error)) {
        for (const event of events) await this.#publish([event], done);
        return;
      }
      const [event] = events;
      if (!event || events.length > 1 || relayFailure(error) !== 'event') throw error;
      const settlement = this.#setAside(event.delivery, error, 1);
      this.#told.sent([event.message], began, settlement.deadLetter?.code);
      done.push(settlement);
    }
  }

  async #send(events: readonly Readable[], done: Settlement[], began: number): Promise<void> {
    const { to, target } = this.#options;
    for (const { message } of events) checkErasable(to, message);
    const signal = this.#leaving.signal;
    const isFinal = (error: unknown) =>
      relayFailure(error) !== 'passing' || (events.length > 1 && helpsApart(error)) || this.#isStopping();
    const onFailure = (error: unknown) => this.#waitForTarget(error);
    await untilDone({ signal: this.#stopping.signal, isFinal, onFailure }, async () => {
      // What was taken over meanwhile is somebody else's: sent late, it could come behind its successors.
      const own = events.filter(({ delivery }) => !this.#lost.has(delivery));
      if (own.length === 0) return;
      const messages = own.map(({ message }) => message);
      const published = await to.publish(target, messages, { signal });
      this.#told.sent(messages, began);
      this.#counts.relayed += own.length;
      this.#counts.duplicates += published.filter(({ duplicate }) => duplicate).length;
      for (const { delivery } of own) done.push({ delivery });
    });
    this.#goOn();
  }

  async #settle(subscription: Subscription, done: readonly Settlement[]): Promise<void> {
    const { signal } = this.#leaving;
    const isFinal = (error: unknown) => signal.aborted || relayFailure(error) === 'relay';
    const onFailure = (error: unknown) => this.#report({ kind: 'settleFailed', error });
    const lost = await untilDone({ signal, isFinal, onFailure }, () => subscription.settle(done));
    if (lost.length > 0) this.#report({ kind: 'leaseLost', count: lost.length });
  }

  #waitForTarget(error: unknown): void {
    this.#error = error;
    if (this.#status !== 'running') return;
    this.#status = 'waiting';
    const { to: channel, target: stream, group } = this.#options;
    const reason = `the relay tries again until it is stored: ${describeError(error)}`;
    reportChannel({ channel, kind: 'waiting', stream, group, reason });
  }

  #goOn(): void {
    if (this.#status !== 'waiting') return;
    this.#status = 'running';
    this.#error = undefined;
  }

  #setAside(delivery: Delivery, error: unknown, attempts: number): Settlement {
    const { message } = delivery;
    const deadLetter = deadLetterReason(error, attempts, message?.fields);
    this.#counts.deadLetters += 1;
    this.#report({ kind: 'deadLetter', eventId: message?.id, type: message?.type, deadLetter, error });
    return { delivery, deadLetter };
  }

  async #stop(timeoutMs: number): Promise<void> {
    const failed = this.#status === 'failed';
    if (!failed) this.#status = 'stopping';
    this.#stopping.abort();
    const { nearly, over, cancel } = deadline(timeoutMs);
    await Promise.race([this.#ended, nearly]);
    this.#leaving.abort();
    if (this.#subscription) await Promise.race([closed(this.#subscription), over]);
    cancel();
    if (!failed) this.#status = 'stopped';
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #report(event: Omit<ConsumerDiagnostic, 'channel' | 'stream' | 'group'>): void {
    const { from, stream, group } = this.#options;
    reportConsumer({ channel: from, stream, group, ...event });
  }
}

/** When a piece of work is to be given up, and whom to tell that it is tried again. */
interface Trying {
  readonly signal: AbortSignal;
  readonly isFinal: (error: unknown) => boolean;
  readonly onFailure: (error: unknown) => void;
}

/** Tries again and again, after growing pauses, until it works, an error is final or the signal fires. */
async function untilDone<T>({ signal, isFinal, onFailure }: Trying, work: () => Promise<T>): Promise<T> {
  for (let delayMs = FIRST_PAUSE_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error)) throw error;
      onFailure(error);
      await pause(delayMs, signal);
      if (signal.aborted) throw error;
    }
  }
}

async function closed(subscription: Subscription): Promise<void> {
  try {
    await subscription.close();
  } catch {
    // The server is away: what was not given back comes to others when the lease ends.
  }
}

function unreadable(): BackboneError {
  return new BackboneError('EB_MALFORMED', 'the event came without a message');
}
