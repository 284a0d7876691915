import { setTimeout as sleep } from 'node:timers/promises';
import { BackboneError, isBackboneError, type Message, type Published, type PublishOptions } from '../core/index.js';
import { appendEvents } from './append-call.js';
import { Append } from './append.js';
import { backOffMs } from './back-off.js';
import type { Database } from './database.js';
import { channelError, failureKind, failureReason } from './postgres-failure.js';
import type { PostgresSettings } from './postgres-options.js';
import type { Queryable } from './queryable.js';
import { eventInput, type EventInput } from './stored-event.js';
import type { TableNames } from './table-names.js';

const MOST_EVENTS_PER_CALL = 500;
const MOST_BYTES_PER_CALL = 4 * 2 ** 20;
/** More than this does not fit into one value of the server, with what JSON adds to it. */
const LARGEST_APPEND_BYTES = 64 * 2 ** 20;

/**
 * Appends events: those of one stream that come while a call is under way travel together in the next one, and a lost
 * reply is asked for again. Appends that expect a version travel alone.
 */
export class Appender {
  readonly #database: Database;
  readonly #tables: TableNames;
  readonly #settings: PostgresSettings;
  readonly #onAppended: () => void;
  readonly #waiting = new Map<string, Append[]>();
  #open = 0;
  #openBytes = 0;
  #closed = false;
  #onFinished: () => void = () => undefined;

  constructor(database: Database, tables: TableNames, settings: PostgresSettings, onAppended: () => void) {
    this.#database = database;
    this.#tables = tables;
    this.#settings = settings;
    this.#onAppended = onAppended;
  }

  /** Resolves once the server has committed. */
  async append(
    stream: string,
    messages: readonly Message[],
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed; nothing was stored');
    const { transaction, signal } = options;
    const expected = checkedExpected(options, messages);
    const events = messages.map(eventInput);
    const bytes = messages.reduce((sum, message) => sum + bytesOf(message), 0);
    if (bytes > LARGEST_APPEND_BYTES) throw tooLarge(bytes);
    if (signal?.aborted === true) throw new BackboneError('EB_NOT_STORED', 'nothing was stored: the caller gave up');
    if (events.length === 0) return [];
    if (transaction !== undefined) return this.#join(transaction, { stream, events, expected });
    const { maxWaitingBytes, publishTimeoutMs } = this.#settings;
    if (this.#openBytes + bytes > maxWaitingBytes) {
      const message = `more than ${maxWaitingBytes} bytes wait for PostgreSQL; nothing was stored, slow down`;
      throw new BackboneError('EB_BACKPRESSURE', message);
    }
    const deadline = performance.now() + publishTimeoutMs;
    const append = new Append({ stream, events, expected, bytes, deadline, signal });
    this.#open += 1;
    this.#openBytes += bytes;
    if (expected === 'any') this.#enqueue(append);
    else void this.#send([append]);
    return append.published.finally(() => this.#forget(bytes));
  }

  /** Waits until every caller has been told; that takes at most as long as an append may take. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#onFinished = resolve));
  }

  #enqueue(append: Append): void {
    const { stream } = append.input;
    const waiting = this.#waiting.get(stream);
    if (waiting) {
      waiting.push(append);
      return;
    }
    this.#waiting.set(stream, [append]);
    // When what runs now has run, promises included: everything that is appended until then travels together.
    process.nextTick(() => void this.#drain(stream));
  }

  /** One call after the other, so that appends to a stream are stored in the order in which they were given. */
  async #drain(stream: string): Promise<void> {
    for (let some = this.#take(stream); some.length > 0; some = this.#take(stream)) await this.#send(some);
    this.#waiting.delete(stream);
  }

  #take(stream: string): readonly Append[] {
    const waiting = this.#waiting.get(stream) ?? [];
    let [count, events, bytes] = [0, 0, 0];
    for (const { input } of waiting) {
      events += input.events.length;
      bytes += input.bytes;
      if (count > 0 && (events > MOST_EVENTS_PER_CALL || bytes > MOST_BYTES_PER_CALL)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  /** Never rejects: what fails is told to its caller. */
  async #send(appends: readonly Append[]): Promise<void> {
    let open = appends;
    for (let attempt = 1; ; attempt += 1) {
      open = open.filter((append) => {
        if (append.isOver()) append.giveUp();
        return !append.isOver();
      });
      if (open.length === 0) return;
      try {
        await this.#call(open);
        this.#onAppended();
        return;
      } catch (error) {
        if (isBackboneError(error, 'EB_CONFLICT')) open[0]?.refuse(error);
        const isOfOne = failureKind(error) === 'fatal' && open.length > 1;
        // One of them may be what the server refuses: each for itself, the others go through.
        if (isOfOne) {
          for (const append of open) await this.#send([append]);
          return;
        }
        open = isBackboneError(error, 'EB_CONFLICT') ? [] : open.filter((append) => append.failOnce(error));
        await this.#pause(open, backOffMs(attempt));
      }
    }
  }

  async #call(appends: readonly Append[]): Promise<void> {
    const { stream, expected } = (appends[0] as Append).input;
    const events = appends.flatMap(({ input }) => input.events);
    const published = await appendEvents(this.#database.often, this.#tables, { stream, events, expected });
    let next = 0;
    for (const append of appends) append.succeed(published.slice(next, (next += append.input.events.length)));
  }

  /** Not past the deadline of the first one that would be over. */
  async #pause(appends: readonly Append[], ms: number): Promise<void> {
    if (appends.length === 0) return;
    const left = Math.min(...appends.map(({ input }) => input.deadline)) - performance.now();
    await sleep(Math.min(ms, Math.max(left, 1)));
  }

  /** In the caller's transaction there is no second try: a failed statement has ended it. */
  async #join(transaction: unknown, call: { stream: string; events: readonly EventInput[]; expected: string }) {
    if (!isQueryable(transaction)) {
      throw new BackboneError(
        'EB_ARGUMENT',
        'the transaction has no query(text, values); give the client that began it',
      );
    }
    try {
      await this.#database.ready();
      return await appendEvents(transaction, this.#tables, call);
    } catch (error) {
      if (isBackboneError(error, 'EB_CONFLICT')) throw error;
      const kind = failureKind(error);
      if (kind === 'fatal' || kind === 'missing') throw channelError('the append', error);
      throw new BackboneError('EB_NOT_STORED', `roll the transaction back, the append failed: ${failureReason(error)}`);
    }
  }

  #forget(bytes: number): void {
    this.#open -= 1;
    this.#openBytes -= bytes;
    if (this.#open === 0) this.#onFinished();
  }
}

function checkedExpected({ expected = 'any' }: PublishOptions, messages: readonly Message[]): string {
  if (expected === 'any') return expected;
  if (typeof expected === 'number' && !(Number.isSafeInteger(expected) && expected >= 0)) {
    throw new BackboneError('EB_ARGUMENT', 'expected must be a whole number from 0, or any, none or exists');
  }
  if (new Set(messages.map(({ key }) => key)).size > 1) {
    throw new BackboneError(
      'EB_ARGUMENT',
      'the messages of an append with `expected` have different keys; use one key',
    );
  }
  return String(expected);
}

function bytesOf({ id, key, fields }: Message): number {
  let bytes = 200 + id.length + key.length;
  for (const value of Object.values(fields)) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (value instanceof Uint8Array) bytes += Math.ceil((value.byteLength * 4) / 3);
  }
  return bytes;
}

function tooLarge(size: number): BackboneError {
  const message = `the append is ${size} bytes, the limit is ${LARGEST_APPEND_BYTES}; split it, or keep large data elsewhere`;
  return new BackboneError('EB_TOO_LARGE', message, { details: { size, limit: LARGEST_APPEND_BYTES } });
}

function isQueryable(value: unknown): value is Queryable {
  return typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'function';
}
