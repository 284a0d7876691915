import {
  BackboneError,
  checkedName,
  checkPayloadKey,
  checkPutOptions,
  isName,
  type PayloadKey,
  type PayloadStore,
  type PutOptions,
} from '../core/index.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisConnections } from './redis-connections.js';
import { channelError, failureKind, failureReason } from './redis-failure.js';
import { redisSettings, type RedisChannelOptions, type RedisSettings } from './redis-options.js';
import { ERASE_PAYLOADS, LIST_PAYLOADS, PUT_PAYLOADS } from './scripts/payload.js';

/** How to reach the Redis of a payload store: as for a channel. Stores that must not share values need other prefixes. */
export type RedisPayloadStoreOptions = Pick<RedisChannelOptions, (typeof OPTIONS)[number]>;

const OPTIONS = [
  'url',
  'options',
  'cluster',
  'client',
  'prefix',
  'commandTimeoutMs',
  'dangerouslyAcceptUnverifiedTls',
] as const;

/**
 * Makes a payload store on Redis 6.2 or later: a string for each value, and a set of the fields' names for each event,
 * all of an event in one slot. Connects on first use. Besides what every store refuses, its methods reject with
 * `EB_NOT_STORED` (nothing was changed), `EB_OUTCOME_UNKNOWN` (some may be; repeat), `EB_BACKPRESSURE` (the server is full)
 * and `EB_CHANNEL` (the server refuses, or cannot be read).
 *
 * @throws BackboneError `EB_OPTIONS` or `EB_NAME` for options that cannot work.
 */
export function redisPayloadStore(options: RedisPayloadStoreOptions): PayloadStore {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name as (typeof OPTIONS)[number]));
  if (unknown.length > 0) {
    throw new BackboneError('EB_OPTIONS', `redisPayloadStore has no option "${unknown.join('", "')}"`);
  }
  // A channel waits for a reply no longer than for an append; here there is only the one.
  return new RedisPayloadStore(options, redisSettings({ ...options, publishTimeoutMs: options.commandTimeoutMs }));
}

const EVENTS_AT_A_TIME = 16;
// The server does nothing else while a script runs.
const NAMES_AT_A_TIME = 64;

/** What is asked for of one event. */
interface EventPart<T> {
  /** The set of the names of its fields. */
  readonly names: string;
  readonly values: string[];
  readonly asked: T[];
  /** Where they stand in the whole call. */
  readonly at: number[];
}

class RedisPayloadStore implements PayloadStore {
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #connections: RedisConnections;
  #closed = false;

  constructor(options: RedisPayloadStoreOptions, { prefix, commandTimeoutMs, ...rest }: RedisSettings) {
    this.#prefix = prefix;
    this.#timeoutMs = commandTimeoutMs;
    const quiet = { waiting: () => undefined, ready: () => undefined };
    this.#connections = new RedisConnections(options, { prefix, commandTimeoutMs, ...rest }, quiet);
  }

  async put(
    entries: readonly (PayloadKey & { readonly value: Uint8Array })[],
    options: PutOptions = {},
  ): Promise<void> {
    checkPutOptions(options);
    const how = [options.ttlMs ?? '', options.ifAbsent === true ? 'NX' : ''];
    await this.#change(entries, (on, { names, values, asked }) => {
      const pairs = asked.flatMap(({ field, value }) => [field, asBuffer(value)]);
      return on.run(PUT_PAYLOADS, [names, ...values], [...how, ...pairs]);
    });
  }

  async get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    const found = new Array<Uint8Array | undefined>(keys.length).fill(undefined);
    const parts = this.#partsOf(keys);
    await this.#read(async (on) => {
      await fewAtATime(parts, async ({ values, at }) => {
        on.checkReady();
        const replies = await on.within(on.client.mgetBuffer(values));
        for (const [i, reply] of replies.entries()) found[at[i] as number] = reply ?? undefined;
      });
    });
    return found;
  }

  async erase(keys: readonly PayloadKey[]): Promise<number> {
    const counts = await this.#change(keys, (on, { names, values, asked }) =>
      on.run(ERASE_PAYLOADS, [names, ...values], fieldsOf(asked)),
    );
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  }

  async list(eventId: string): Promise<readonly PayloadKey[]> {
    const names = this.#namesKey(checkedName('event id', eventId));
    return this.#read(async (on) => {
      on.checkReady();
      const known = (await on.within(on.client.smembers(names))).filter(isName);
      const left: string[] = [];
      for (let i = 0; i < known.length; i += NAMES_AT_A_TIME) {
        const some = known.slice(i, i + NAMES_AT_A_TIME);
        const values = some.map((field) => this.#valueKey(eventId, field));
        left.push(...((await on.run(LIST_PAYLOADS, [names, ...values], some)) as string[]));
      }
      return left.map((field) => ({ eventId, field }));
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#connections.close();
    return Promise.resolve();
  }

  async #change<T extends PayloadKey>(
    keys: readonly T[],
    run: (on: RedisConnection, part: EventPart<T>) => Promise<unknown>,
  ): Promise<readonly unknown[]> {
    const parts = this.#partsOf(keys);
    const on = await this.#ready('EB_NOT_STORED');
    try {
      return await fewAtATime(parts, (part) => run(on, part));
    } catch (error) {
      throw changeError(error, parts.length);
    }
  }

  async #read<T>(run: (on: RedisConnection) => Promise<T>): Promise<T> {
    const on = await this.#ready('EB_CHANNEL');
    try {
      return await run(on);
    } catch (error) {
      throw channelError('reading the payload store', error);
    }
  }

  async #ready(code: 'EB_NOT_STORED' | 'EB_CHANNEL'): Promise<RedisConnection> {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the payload store is closed');
    const { main } = this.#connections;
    if (await main.ready(this.#timeoutMs)) return main;
    throw new BackboneError(code, 'the Redis of the payload store cannot be reached; nothing was read or changed');
  }

  /** What belongs to one event can be asked for in one command, also in a cluster. */
  #partsOf<T extends PayloadKey>(keys: readonly T[]): readonly EventPart<T>[] {
    const parts = new Map<string, EventPart<T>>();
    for (const [i, key] of keys.entries()) {
      checkPayloadKey(key);
      const { eventId, field } = key;
      const part = parts.get(eventId) ?? { names: this.#namesKey(eventId), values: [], asked: [], at: [] };
      part.values.push(this.#valueKey(eventId, field));
      part.asked.push(key);
      part.at.push(i);
      parts.set(eventId, part);
    }
    return [...parts.values()];
  }

  #namesKey(eventId: string): string {
    return `${this.#prefix}:{payload:${eventId}}:fields`;
  }

  #valueKey(eventId: string, field: string): string {
    return `${this.#prefix}:{payload:${eventId}}:field:${field}`;
  }
}

/** A few at a time, so that a slow line is not taken for a dead one; what has begun is waited for, whatever fails. */
async function fewAtATime<P, R>(parts: readonly P[], run: (part: P) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let i = 0; i < parts.length; i += EVENTS_AT_A_TIME) {
    for (const outcome of await Promise.allSettled(parts.slice(i, i + EVENTS_AT_A_TIME).map(run))) {
      if (outcome.status === 'rejected') throw outcome.reason;
      results.push(outcome.value);
    }
  }
  return results;
}

/** Only when surely nothing was changed may it say so: one of several events may have been. */
function changeError(error: unknown, events: number): BackboneError {
  const kind = failureKind(error);
  const reason = failureReason(error);
  if (kind === 'full') {
    const message = 'the Redis of the payload store is out of memory (maxmemory reached); slow down and put again';
    return new BackboneError('EB_BACKPRESSURE', message);
  }
  if (kind === 'fatal') return channelError('changing the payload store', error);
  if (kind === 'unknown' || events > 1) {
    const message = `Redis did not confirm all of the change (${reason}); repeat it to be sure`;
    return new BackboneError('EB_OUTCOME_UNKNOWN', message);
  }
  return new BackboneError('EB_NOT_STORED', `nothing was changed: ${reason}`);
}

function fieldsOf(keys: readonly PayloadKey[]): readonly string[] {
  return keys.map(({ field }) => field);
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
