import { setTimeout as sleep } from 'node:timers/promises';
import { BackboneError, type Message, type Published, type PublishOptions } from '../core/index.js';
import { Append } from './append.js';
import { appendCall, prepareEvents, stagedHashes, type StagedHash } from './append-call.js';
import { backOffMs } from './back-off.js';
import { callsOf } from './calls-of.js';
import { DurabilityCheck } from './durability-check.js';
import type { RedisClient } from './open-client.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { failureKind } from './redis-failure.js';
import type { RedisSettings } from './redis-options.js';
import { STAGE } from './scripts/append.js';
import { sendScript, sendScriptOnce, type Script } from './scripts/script.js';

const MAX_CALLS_IN_FLIGHT = 16;
const LONGEST_WAIT_MS = 60_000;
// Longer than any append is tried; what is left after a crash goes away by itself.
const STAGED_FOR_MS = 10 * 60 * 1000;

/**
 * Appends events: those of one turn of the event loop travel together, and a lost reply is asked for again. Appends to
 * one stream are stored in the order in which they were given, whatever fails on the way.
 */
export class Appender {
  readonly #connections: RedisConnections;
  readonly #settings: RedisSettings;
  #check: DurabilityCheck | undefined;
  /** Not sent, or to be sent again; in the order given. */
  #waiting: Append[] = [];
  /** Sent, and not answered as hoped, while other answers are still to come. */
  #failed: Append[] = [];
  #callsInFlight = 0;
  /** How many of them are of each stream. */
  readonly #inFlight = new Map<string, number>();
  #sequence = 0;
  #open = 0;
  #openBytes = 0;
  #scheduled = false;
  #recovering = false;
  #failures = 0;
  /** The first call of each script carries its text, so that the server knows it from then on. */
  readonly #known = new Set<Script>();
  #onAnswered: () => void = () => undefined;
  #onFinished: () => void = () => undefined;
  #closed = false;

  constructor(connections: RedisConnections, settings: RedisSettings) {
    this.#connections = connections;
    this.#settings = settings;
  }

  /**
   * Resolves once the server confirmed at the durability of the settings.
   *
   * @throws BackboneError at once for what cannot be sent.
   */
  append(keys: StreamKeys, messages: readonly Message[], options?: PublishOptions): Promise<readonly Published[]> {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed; nothing was stored');
    const { maxWaitingBytes, maxEventBytes, publishTimeoutMs } = this.#settings;
    const signal = options?.signal;
    const deadline = Date.now() + publishTimeoutMs;
    const append = new Append({
      sequence: this.#sequence,
      keys,
      events: prepareEvents(messages, maxEventBytes),
      deadline,
      signal,
    });
    if (this.#openBytes + append.bytes > maxWaitingBytes) {
      const message = `more than ${maxWaitingBytes} bytes wait for Redis; nothing was stored, slow down`;
      throw new BackboneError('EB_BACKPRESSURE', message);
    }
    const check = (this.#check ??= new DurabilityCheck(this.#connections.appends, this.#settings.durability));
    this.#sequence += 1;
    this.#open += 1;
    this.#openBytes += append.bytes;
    this.#waiting.push(append);
    append.onAbort(() => this.#giveUpWhatIsOver());
    if (!this.#scheduled) {
      this.#scheduled = true;
      // When what runs now has run, promises included: everything that is appended until then travels together.
      process.nextTick(() => {
        this.#scheduled = false;
        this.#pump(check);
      });
    }
    return append.published;
  }

  /** Waits until every caller has been told; that takes at most as long as an append may take. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#onFinished = resolve));
  }

  /** Sends what waits. After a failure nothing is sent before every answer is in: that is how order is kept. */
  #pump(check: DurabilityCheck): void {
    if (this.#recovering || this.#waiting.length + this.#failed.length === 0) return;
    if (this.#failed.length > 0 || !check.connection.isReady || check.mustAsk) {
      this.#recovering = true;
      void this.#recover(check);
      return;
    }
    // What is confirmed together is sent together: more behind it would only wait there.
    const most = check.confirms && this.#callsInFlight > 0 ? 0 : MAX_CALLS_IN_FLIGHT;
    const free = most - this.#callsInFlight;
    if (free <= 0) return;
    const sent: { readonly call: readonly Append[]; readonly replies: Promise<readonly string[]> }[] = [];
    const calls = callsOf(this.#waiting);
    this.#waiting = [];
    for (const call of calls) {
      if (sent.length < free && !this.#mustWait(check.connection, call)) {
        sent.push({ call, replies: this.#call(check.connection, call) });
      } else {
        this.#waiting.push(...call);
      }
    }
    const [first] = sent;
    const confirmed = first?.call[0] && check.confirm(first.call[0].keys);
    for (const { call, replies } of sent) void this.#await(check, call, replies, confirmed);
  }

  /** When a cluster moves a slot, a call to its new node would get ahead of one that is on its way to the old one. */
  #mustWait({ client }: RedisConnection, [append]: readonly Append[]): boolean {
    return client.isCluster && append !== undefined && this.#inFlight.has(append.keys.stream);
  }

  #count(call: readonly Append[], by: 1 | -1): void {
    const stream = call[0]?.keys.stream ?? '';
    const count = (this.#inFlight.get(stream) ?? 0) + by;
    if (count > 0) this.#inFlight.set(stream, count);
    else this.#inFlight.delete(stream);
    this.#callsInFlight += by;
  }

  /** Never rejects: what fails is told to its caller, or will be sent again. */
  async #await(
    check: DurabilityCheck,
    call: readonly Append[],
    replied: Promise<readonly string[]>,
    confirmed: Promise<void> | undefined,
  ): Promise<void> {
    this.#count(call, 1);
    try {
      const replies = await replied;
      if (confirmed) await confirmed;
      this.#failures = 0;
      let next = 0;
      for (const append of call) {
        next = append.succeed(replies, next);
        this.#forget(append);
      }
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'noScript') this.#known.clear();
      this.#failed.push(...this.#notOver(call, error));
    }
    this.#count(call, -1);
    if (this.#callsInFlight === 0) this.#onAnswered();
    if (!this.#scheduled) this.#pump(check);
  }

  /** Takes note of a failure; returns those that are worth another try. */
  #notOver(appends: readonly Append[], error: unknown): readonly Append[] {
    const kind = failureKind(error);
    return appends.filter((append) => {
      const again = append.failOnce(kind, error);
      if (!again) this.#forget(append);
      return again;
    });
  }

  async #call(connection: RedisConnection, call: readonly Append[]): Promise<readonly string[]> {
    const events = call.length === 1 ? (call[0] as Append).events : call.flatMap((append) => append.events);
    const { keys } = call[0] as Append;
    const { client } = connection;
    const staged = stage(client, stagedHashes(keys, events));
    const [script, args] = appendCall(keys, events, this.#settings.keyIndex);
    const by = this.#known.has(script) ? 'digest' : 'text';
    this.#known.add(script);
    try {
      // Written right behind the staged fields.
      return (await connection.within(sendScriptOnce(client, script, by, args))) as readonly string[];
    } catch (error) {
      // Why there are no staged fields is told by what should have put them there.
      if (failureKind(error) === 'unstaged') await staged;
      throw error;
    }
  }

  /** Once every answer is in, puts what failed back in front and waits until the server can be asked again. */
  async #recover(check: DurabilityCheck): Promise<void> {
    if (this.#callsInFlight > 0) await new Promise<void>((resolve) => (this.#onAnswered = resolve));
    this.#onAnswered = () => undefined;
    const failed = this.#failed.sort((a, b) => a.sequence - b.sequence);
    this.#failed = [];
    this.#waiting = failed.concat(this.#waiting);
    if (failed.length > 0 && this.#known.size > 0) {
      this.#failures += 1;
      await sleep(Math.min(backOffMs(this.#failures), this.#timeLeft()));
    }
    this.#giveUpWhatIsOver();
    const { connection } = check;
    while (this.#waiting.length > 0 && !(await this.#usable(check)) && !connection.hasEnded) this.#giveUpWhatIsOver();
    if (connection.hasEnded) for (const append of this.#waiting.splice(0)) this.#giveUp(append);
    this.#recovering = false;
    this.#pump(check);
  }

  /** Waits for a connection that can be used at the durability that is asked for; false when it is not there in time. */
  async #usable(check: DurabilityCheck): Promise<boolean> {
    if (!(await check.connection.ready(this.#timeLeft()))) return false;
    if (!check.mustAsk) return true;
    const refusal = await check.ask();
    if (!refusal) return !check.mustAsk;
    this.#waiting = [...this.#notOver(this.#waiting, refusal)];
    if (this.#waiting.length > 0) await sleep(Math.min(backOffMs(1), this.#timeLeft()));
    return false;
  }

  #timeLeft(): number {
    const earliest = this.#waiting.reduce((least, { deadline }) => Math.min(least, deadline), Infinity);
    return Math.min(Math.max(earliest - Date.now(), 1), LONGEST_WAIT_MS);
  }

  #giveUpWhatIsOver(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((append) => !append.isOver());
    if (this.#waiting.length === waiting.length) return;
    const kept = new Set(this.#waiting);
    for (const append of waiting) if (!kept.has(append)) this.#giveUp(append);
  }

  #giveUp(append: Append): void {
    append.giveUp();
    this.#forget(append);
  }

  #forget(append: Append): void {
    append.detach();
    this.#open -= 1;
    this.#openBytes -= append.bytes;
    if (this.#open === 0) this.#onFinished();
  }
}

/** Sends the fields of large events ahead: through a script they would cost the server three times as much. */
function stage(client: RedisClient, hashes: readonly StagedHash[]): Promise<unknown> | undefined {
  if (hashes.length === 0) return undefined;
  const made = sendScript(client, STAGE, 'text', [hashes.length, ...hashes.map(([key]) => key), STAGED_FOR_MS]);
  const staged = Promise.all([made, ...hashes.map(([key, ...fields]) => client.hset(key, ...fields))]);
  staged.catch(() => undefined);
  return staged;
}
