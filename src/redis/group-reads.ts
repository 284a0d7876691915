import { setTimeout as sleep } from 'node:timers/promises';
import type { Found } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import { CLAIM, OWN_HISTORY, REAP, RENEW } from './scripts/delivery.js';

/** How long a blocking read waits on the server. */
const BLOCK_MS = 1_000;
const UNBLOCK_EVERY_MS = 20;

/** Who reads what. */
export interface GroupReadsOptions {
  readonly connection: RedisConnection;
  readonly keys: StreamKeys;
  /** The group's name on the server. */
  readonly group: string;
  readonly consumer: string;
  readonly count: number;
  /** The connection's id on the server, empty when it has none. */
  readonly clientId: string;
  readonly leases: Pick<LeaseKeeper, 'has'>;
}

/** A part of what is pending. */
export interface PendingPage {
  readonly found: readonly Found[];
  /** How many entries were removed from the stream before the group had handled them. */
  readonly gone: number;
  /** Where to go on; `undefined` at the end. */
  readonly next: string | undefined;
}

/** The reads of one consumer on one connection: what is new, what got lost on the way, what others left behind. */
export class GroupReads {
  readonly #o: GroupReadsOptions;
  #blocked = false;

  constructor(options: GroupReadsOptions) {
    this.#o = options;
  }

  /** Entries that nobody has had yet; nothing when none came in a second. */
  async fresh(): Promise<readonly Entry[]> {
    const { connection, keys, group, consumer, count } = this.#o;
    const from = ['STREAMS', keys.stream, '>'] as const;
    connection.checkReady();
    this.#blocked = true;
    try {
      const { client } = connection;
      const call = client.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'BLOCK', BLOCK_MS, ...from);
      const reply = (await connection.within(call, BLOCK_MS)) as [string, Entry[]][] | null;
      return reply?.[0]?.[1] ?? [];
    } finally {
      this.#blocked = false;
    }
  }

  /** What this consumer owns and does not hold: deliveries whose reply got lost. */
  async history(after: string): Promise<PendingPage> {
    const { connection, keys, group, consumer, count, leases } = this.#o;
    const reply = await connection.run(OWN_HISTORY, [keys.stream], [group, consumer, after, count]);
    const [last, own] = reply as [string, [string, string[], number][]];
    const orphans = own.filter(([id]) => !leases.has(id));
    const gone = orphans.filter(([, fields]) => fields.length === 0).map(([id]) => id);
    if (gone.length > 0) await connection.within(connection.client.xack(keys.stream, group, ...gone));
    const there = orphans.filter(([, fields]) => fields.length > 0);
    const ids = there.map(([id]) => id);
    const args = [group, consumer, 'again', ...ids];
    const lost = ids.length > 0 ? ((await connection.run(RENEW, [keys.stream], args)) as string[]) : [];
    const found = there
      .filter(([id]) => !lost.includes(id))
      .map(([id, fields, deliveries]): Found => ({ entry: [id, fields], deliveries: deliveries + 1 }));
    return { found, gone: gone.length, next: last === '' ? undefined : last };
  }

  /** What others own and have not beaten for a lease. */
  async claims(after: string, leaseMs: number): Promise<PendingPage> {
    const { connection, keys, group, consumer, count, leases } = this.#o;
    const reply = await connection.run(CLAIM, [keys.stream], [group, consumer, leaseMs, after, count]);
    const [cursor, entries, gone] = reply as [string, [string, string[], number][], string[]];
    const found = entries
      // After a stall of this process its own deliveries look stale to itself.
      .filter(([id]) => !leases.has(id))
      .map(([id, fields, deliveries]): Found => ({ entry: [id, fields], deliveries }));
    return { found, gone: gone.length, next: cursor === '0-0' ? undefined : cursor };
  }

  /** Removes the names of consumers that are long gone and own nothing. */
  async reap(idleMs: number): Promise<void> {
    const { connection, keys, group } = this.#o;
    await connection.run(REAP, [keys.stream], [group, idleMs]);
  }

  /** Ends a blocked read on the server itself, so that it cannot hand out anything afterwards; false when it cannot. */
  async unblock(main: RedisConnection, timeoutMs: number): Promise<boolean> {
    const latest = Date.now() + timeoutMs;
    let allowed = this.#o.clientId !== '';
    // The read may still be on its way when the first of these arrives.
    while (this.#blocked && Date.now() < latest) {
      if (allowed) await main.client.client('UNBLOCK', this.#o.clientId).catch(() => (allowed = false));
      await sleep(UNBLOCK_EVERY_MS);
    }
    return !this.#blocked;
  }
}
