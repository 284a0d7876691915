import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { backOffMs } from './back-off.js';
import type { Database } from './database.js';
import { failureReason } from './postgres-failure.js';
import type { Mark } from './safe-mark.js';
import type { TableNames } from './table-names.js';

/** What a wake-up works with. */
export interface WakeUpOptions {
  readonly database: Database;
  readonly tables: TableNames;
  readonly queryTimeoutMs: number;
  /** Whether appends notify. */
  readonly isTold: boolean;
  readonly onFault: (reason: string) => void;
}

/** What there may be: new events, or slots that came free and events that are to be handed out again. */
export type Topic = 'events' | 'groups';

const WATCH_EVERY_MS = 15_000;

/**
 * Tells consumers that there may be something new: when the server says so, on a connection of its own, and whenever that
 * connection was made anew. Nobody depends on it: whoever waits also looks by itself now and then.
 */
export class WakeUp {
  readonly #o: WakeUpOptions;
  readonly #waiting = new Map<() => void, Topic>();
  readonly #stop = new AbortController();
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #heard: () => void = () => undefined;
  #fault = '';

  constructor(options: WakeUpOptions) {
    this.#o = options;
  }

  /** Begins to listen, where the server tells. */
  start(): void {
    if (!this.#o.isTold) return;
    this.#running ??= this.#run();
  }

  /** Resolves when there may be something new, or after so long, or when the signal fires. */
  next(withinMs: number, signal: AbortSignal, topic: Topic = 'events'): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.set(wake, topic);
    });
  }

  /** Wakes those of this process who wait for it; who waits for events wants to know of everything. */
  notify(topic: Topic): void {
    for (const [wake, wanted] of [...this.#waiting]) if (wanted === 'events' || topic === 'groups') wake();
  }

  /** Wakes the consumers of all processes: something came free, or is to be handed out again. */
  async tellAll(): Promise<void> {
    this.notify('groups');
    const { database, tables } = this.#o;
    // Whoever does not hear it looks by itself.
    await database.run(`SELECT pg_notify($1, '')`, [tables.groupsSignal]).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.notify('groups');
    await Promise.race([this.#client?.end().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
    await Promise.race([this.#running, sleep(1_000, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopping();) {
      const lost = await this.#listen(() => (failures = 0));
      if (this.#isStopping()) return;
      failures += 1;
      if (lost !== this.#fault) this.#o.onFault(`notifications are away, events are polled for: ${lost}`);
      this.#fault = lost;
      await this.#pause(backOffMs(failures));
    }
  }

  /** Listens until the connection is lost; says why it was. */
  async #listen(onReady: () => void): Promise<string> {
    const { database, tables } = this.#o;
    const client = (this.#client = database.client());
    const over = new AbortController();
    try {
      const ended = new Promise<string>((resolve) => {
        client.on('error', (error) => resolve(failureReason(error)));
        client.on('end', () => resolve('the connection was lost'));
      });
      client.on('notification', ({ channel }) => {
        this.#heard();
        this.notify(channel === tables.groupsSignal ? 'groups' : 'events');
      });
      await client.connect();
      await client.query(`LISTEN "${tables.eventsSignal}"`);
      await client.query(`LISTEN "${tables.groupsSignal}"`);
      // Only now: what came before is found by looking, what comes from now on is heard.
      onReady();
      this.notify('groups');
      await this.#proveHearing();
      this.#fault = '';
      return await Promise.race([ended, watch(client, over.signal)]);
    } catch (error) {
      return failureReason(error);
    } finally {
      over.abort();
      void client.end().catch(() => undefined);
    }
  }

  /** Behind a pooler that hands out a connection per transaction nothing is ever heard. */
  async #proveHearing(): Promise<void> {
    const { database, tables, queryTimeoutMs, onFault } = this.#o;
    const heard = new Promise<true>((resolve) => (this.#heard = () => resolve(true)));
    await database.run(`SELECT pg_notify($1, '')`, [tables.groupsSignal]);
    if (await Promise.race([heard, this.#pause(queryTimeoutMs)])) return;
    if (!this.#isStopping()) {
      onFault(
        'notifications do not arrive, events are polled for: connect without a transaction pooler, or set notify to off',
      );
    }
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}

/** A connection can die without a word: rejects when it does not answer. */
async function watch(client: Client, over: AbortSignal): Promise<never> {
  for (;;) {
    // Rejects when the connection is over.
    await sleep(WATCH_EVERY_MS, undefined, { signal: over, ref: false });
    await client.query('SELECT 1');
  }
}

const FIRST_LOOK_AGAIN_MS = 5;
const LATEST_LOOK_AGAIN_MS = 50;

/**
 * When to look again without being woken: those that append now need not tell when they are done. Nothing when nobody
 * does. `idle` counts the looks that found nothing.
 */
export function lookAgainMs({ appending, safe, last }: Mark, idle: number): number | undefined {
  if (appending.length === 0 && safe >= last) return undefined;
  return Math.min(FIRST_LOOK_AGAIN_MS * 2 ** Math.min(idle, 10), LATEST_LOOK_AGAIN_MS);
}
