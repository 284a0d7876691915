import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackboneError,
  checkedName,
  checkPayloadKey,
  checkPutOptions,
  type PayloadKey,
  type PayloadStore,
  type PutOptions,
} from '../core/index.js';
import type { CouchbaseCollection } from './couchbase-collection.js';
import { changeError, failureKind, isNotFound, readError } from './couchbase-failure.js';
import { documentOf, dropOld, expiryOf, fieldsIn, type StoredFields } from './payload-document.js';

/** How to reach the collection of a payload store. */
export interface CouchbasePayloadStoreOptions {
  /** A collection of the application's cluster, which stays yours and open. */
  readonly collection: CouchbaseCollection;
  /** What the keys of documents begin with, before a colon. Default `eb-payload`. */
  readonly prefix?: string;
  /** How long one operation may take, and how long a change is tried anew that others get in the way of. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /**
   * Given to the SDK with each change, its `DurabilityLevel`. Without it a change is confirmed by one node's memory and can be
   * lost with it.
   */
  readonly durabilityLevel?: number | string;
}

/**
 * Makes a payload store in a Couchbase collection: a document for each event, of 20 MiB at most, with its values as base64.
 * Time is that of this process's clock. Besides what every store refuses, its methods reject with `EB_TOO_LARGE`,
 * `EB_NOT_STORED` (nothing was changed), `EB_OUTCOME_UNKNOWN` (some may be; repeat), `EB_BACKPRESSURE` (the server is full)
 * and `EB_CHANNEL` (the server refuses, or cannot be read).
 *
 * @throws BackboneError `EB_OPTIONS` or `EB_NAME` for options that cannot work.
 */
export function couchbasePayloadStore(options: CouchbasePayloadStoreOptions): PayloadStore {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) throw refused(`couchbasePayloadStore has no option "${unknown.join('", "')}"`);
  const { collection, commandTimeoutMs = 5_000 } = options;
  if (typeof (collection as Partial<CouchbaseCollection> | undefined)?.replace !== 'function') {
    throw refused('collection must be a collection of the Couchbase SDK');
  }
  if (!(commandTimeoutMs > 0 && commandTimeoutMs <= LONGEST_TIMER_MS)) {
    throw refused(`commandTimeoutMs must be a positive number, at most ${LONGEST_TIMER_MS}, got ${commandTimeoutMs}`);
  }
  checkedName('prefix', options.prefix ?? DEFAULT_PREFIX);
  return new CouchbasePayloadStore({ ...options, commandTimeoutMs });
}

const OPTIONS: readonly string[] = ['collection', 'prefix', 'commandTimeoutMs', 'durabilityLevel'];
const DEFAULT_PREFIX = 'eb-payload';
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const EVENTS_AT_A_TIME = 16;
const LONGEST_PAUSE_MS = 200;

/** What is asked for of one event. */
interface EventPart<T> {
  readonly eventId: string;
  readonly asked: T[];
  /** Where they stand in the whole call. */
  readonly at: number[];
}

class CouchbasePayloadStore implements PayloadStore {
  readonly #collection: CouchbaseCollection;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #changing: object;
  #closed = false;

  constructor(options: CouchbasePayloadStoreOptions & { readonly commandTimeoutMs: number }) {
    const { collection, prefix = DEFAULT_PREFIX, commandTimeoutMs: timeout, durabilityLevel } = options;
    this.#collection = collection;
    this.#prefix = prefix;
    this.#timeoutMs = timeout;
    this.#changing = { timeout, ...(durabilityLevel !== undefined && { durabilityLevel }) };
  }

  async put(
    entries: readonly (PayloadKey & { readonly value: Uint8Array })[],
    options: PutOptions = {},
  ): Promise<void> {
    checkPutOptions(options);
    const { ifAbsent = false, ttlMs } = options;
    const until = ttlMs === undefined ? {} : { until: Date.now() + ttlMs };
    await this.#change(entries, ({ eventId, asked }) =>
      this.#edit(eventId, (fields) => {
        const wanted = asked.filter(({ field, value }) => {
          if (ifAbsent && fields.has(field)) return false;
          fields.set(field, { value: base64(value), ...until });
          return true;
        });
        return wanted.length;
      }),
    );
  }

  async get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    const found = new Array<Uint8Array | undefined>(keys.length).fill(undefined);
    await this.#read(keys, async ({ eventId, asked, at }) => {
      const { fields } = await this.#fetch(eventId);
      for (const [i, { field }] of asked.entries()) {
        const stored = fields.get(field);
        if (stored) found[at[i] as number] = Buffer.from(stored.value, 'base64');
      }
    });
    return found;
  }

  async erase(keys: readonly PayloadKey[]): Promise<number> {
    const counts = await this.#change(keys, ({ eventId, asked }) =>
      this.#edit(eventId, (fields) => asked.filter(({ field }) => fields.delete(field)).length),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async list(eventId: string): Promise<readonly PayloadKey[]> {
    checkedName('event id', eventId);
    this.#checkOpen();
    try {
      const { fields } = await this.#fetch(eventId);
      return [...fields.keys()].map((field) => ({ eventId, field }));
    } catch (error) {
      throw readError(error);
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Changes the fields of an event; `edit` says how many it changed, and runs anew when somebody else was faster. */
  async #edit(eventId: string, edit: (fields: StoredFields) => number): Promise<number> {
    const latest = performance.now() + this.#timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { fields, cas, isStale } = await this.#fetch(eventId);
        const count = edit(fields);
        if (count > 0 || isStale) await this.#store(eventId, fields, cas);
        return count;
      } catch (error) {
        const pauseMs = Math.min(2 ** attempt, LONGEST_PAUSE_MS) * Math.random();
        if (failureKind(error) !== 'conflict' || performance.now() + pauseMs > latest) throw error;
        await sleep(pauseMs);
      }
    }
  }

  /** What there is of an event, without the fields whose time is over; no `cas` when there is no document. */
  async #fetch(eventId: string): Promise<{ fields: StoredFields; cas?: unknown; isStale: boolean }> {
    try {
      const { content, cas } = await this.#collection.get(this.#keyOf(eventId), { timeout: this.#timeoutMs });
      const fields = fieldsIn(content);
      return { fields, cas, isStale: dropOld(fields) };
    } catch (error) {
      if (isNotFound(error)) return { fields: new Map(), isStale: false };
      throw error;
    }
  }

  async #store(eventId: string, fields: StoredFields, cas: unknown): Promise<void> {
    const key = this.#keyOf(eventId);
    const how = { ...this.#changing, ...(cas !== undefined && { cas }) };
    if (fields.size === 0) {
      await this.#collection.remove(key, how);
      return;
    }
    const document = documentOf(fields);
    // What is not said about the time of a document makes it stay.
    const until = { ...how, expiry: expiryOf(fields) };
    if (cas === undefined) await this.#collection.insert(key, document, until);
    else await this.#collection.replace(key, document, until);
  }

  async #change<T extends PayloadKey>(
    keys: readonly T[],
    run: (part: EventPart<T>) => Promise<number>,
  ): Promise<readonly number[]> {
    const parts = partsOf(keys);
    this.#checkOpen();
    const counts: number[] = [];
    try {
      await fewAtATime(parts, async (part) => void counts.push(await run(part)));
    } catch (error) {
      throw changeError(error, counts.length > 0);
    }
    return counts;
  }

  async #read<T extends PayloadKey>(keys: readonly T[], run: (part: EventPart<T>) => Promise<void>): Promise<void> {
    const parts = partsOf(keys);
    this.#checkOpen();
    try {
      await fewAtATime(parts, run);
    } catch (error) {
      throw readError(error);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the payload store is closed');
  }

  #keyOf(eventId: string): string {
    return `${this.#prefix}:${eventId}`;
  }
}

function partsOf<T extends PayloadKey>(keys: readonly T[]): readonly EventPart<T>[] {
  const parts = new Map<string, EventPart<T>>();
  for (const [i, key] of keys.entries()) {
    checkPayloadKey(key);
    const { eventId } = key;
    const part = parts.get(eventId) ?? { eventId, asked: [], at: [] };
    part.asked.push(key);
    part.at.push(i);
    parts.set(eventId, part);
  }
  return [...parts.values()];
}

/** What has begun is waited for, whatever fails; of several failures the one that leaves most open counts. */
async function fewAtATime<P>(parts: readonly P[], run: (part: P) => Promise<void>): Promise<void> {
  for (let i = 0; i < parts.length; i += EVENTS_AT_A_TIME) {
    const outcomes = await Promise.allSettled(parts.slice(i, i + EVENTS_AT_A_TIME).map(run));
    const failed = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (failed.length > 0) throw failed.find((error) => failureKind(error) === 'unknown') ?? failed[0];
  }
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
