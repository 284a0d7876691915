import { setTimeout as sleep } from 'node:timers/promises';
import { BackboneError, type DeliveryPast } from '../core/index.js';
import { pastOf } from './delivery-past.js';
import type { Found } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import { knownHashes, type HashesReply, type KnownHashes } from './known-hashes.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import type { PartitionLease } from './partition-lease.js';
import { CLAIM, OWN_HISTORY, REAP, RENEW } from './scripts/delivery.js';
import { FETCH_LONE } from './scripts/fetch.js';
import { fenced, READ_NEW } from './scripts/partition.js';
import { ADOPT } from './scripts/letters.js';
import { runScriptForBytes, type Script, type ScriptArgument } from './scripts/script.js';

const FENCED_CLAIM = fenced(CLAIM);
const FENCED_ADOPT = fenced(ADOPT);
const FENCED_READ = fenced(READ_NEW);

/** How long a blocking read waits on the server. */
const BLOCK_MS = 1_000;
const UNBLOCK_EVERY_MS = 20;
const TYPES_WRITTEN_EVERY_MS = 60 * 60 * 1000;
/** A day, from when a member was last there. */
const TYPES_KEPT_MS = 24 * 60 * 60 * 1000 + TYPES_WRITTEN_EVERY_MS;
const LETTERS_PER_LOOK = 100;

/** Who reads what. */
export interface GroupReadsOptions {
  readonly connection: RedisConnection;
  readonly keys: StreamKeys;
  /** The group's name on the server. */
  readonly group: string;
  /** The key of what the group remembers about events. */
  readonly past: string;
  /** The key of the group's state. */
  readonly state: string;
  /** The keys of the group's dead letters, as scripts get them. */
  readonly letters: readonly string[];
  readonly consumer: string;
  readonly count: number;
  /** The connection's id on the server, empty when it has none. */
  readonly clientId: string;
  readonly leases: Pick<LeaseKeeper, 'has'>;
  /** The types whose fields are wanted; all when absent. */
  readonly types: ReadonlySet<string> | undefined;
  /** The last id handed out. */
  readonly delivered: string;
  readonly lease: PartitionLease | undefined;
}

/** Entries that nobody has had yet. */
export interface FreshEntries {
  readonly entries: readonly Entry[];
  /** The hashes of one of them that have come along. */
  readonly hashes?: KnownHashes | undefined;
}

/** A part of what is pending. */
export interface PendingPage {
  readonly found: readonly Found[];
  /** How many entries were removed from the stream before the group had handled them. */
  readonly gone: number;
  /** Where to go on; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Sends a read, and behind it what may go with it. */
type Read = <T>(entries: () => Promise<T>) => Promise<T>;

type PendingEntry = readonly [id: string, fields: string[], deliveries: number, past: string];

/** The reads of one consumer on one connection: what is new, what got lost on the way, what others left behind. */
export class GroupReads {
  readonly #o: GroupReadsOptions;
  #blocked = false;
  #delivered: string;
  #mayHaveMore = true;
  #comeAlone = true;
  #stopped = false;

  constructor(options: GroupReadsOptions) {
    this.#o = options;
    this.#delivered = options.delivered;
  }

  /** What nobody has had yet; nothing when none came in a second. The hashes of one that comes alone come along. */
  async fresh(): Promise<FreshEntries> {
    let ahead: Promise<KnownHashes | undefined> | undefined;
    const read = <T>(entries: () => Promise<T>): Promise<T> =>
      this.#o.connection.together(() => {
        const reply = entries();
        if (this.#comeAlone) ahead = this.#fieldsAhead();
        return reply;
      });
    const entries = await (this.#o.lease ? this.#freshWithin(this.#o.lease, read) : this.#freshOfGroup(read));
    this.#comeAlone = entries.length <= 1;
    this.#delivered = entries.at(-1)?.[0] ?? this.#delivered;
    return { entries, hashes: await ahead };
  }

  async #freshOfGroup(read: Read): Promise<readonly Entry[]> {
    const { connection, keys, group, consumer, count } = this.#o;
    const from = ['STREAMS', keys.stream, '>'] as const;
    const reply = await this.#blocking(() =>
      read(() => connection.client.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'BLOCK', BLOCK_MS, ...from)),
    );
    return (reply as [string, Entry[]][] | null)?.[0]?.[1] ?? [];
  }

  /**
   * Asks for the fields of what a read is about to give. Sent right behind it, so that the server carries it out as soon as
   * that has something: one round trip less for an event that comes alone.
   */
  async #fieldsAhead(): Promise<KnownHashes | undefined> {
    const { connection, keys, group, consumer, types = [] } = this.#o;
    const hashes = [keys.stream, keys.event(''), keys.personal('')];
    const args = [group, consumer, this.#delivered, ...types];
    try {
      const found = runScriptForBytes(connection.client, FETCH_LONE, hashes, args);
      return knownHashes((await connection.within(found, BLOCK_MS)) as HashesReply);
    } catch {
      // They are asked for behind the read then, and whatever is wrong shows there.
      return undefined;
    }
  }

  /** What the group remembers about entries, in their order. */
  async pastsOf(entries: readonly Entry[]): Promise<readonly (DeliveryPast | undefined)[]> {
    const { connection, past } = this.#o;
    const texts = await connection.within(connection.client.hmget(past, ...entries.map(([id]) => id)));
    return texts.map((text) => pastOf(text ?? ''));
  }

  /** A blocked read of the group could not be fenced: waits without the group, then reads only while the lease holds. */
  async #freshWithin(lease: PartitionLease, read: Read): Promise<readonly Entry[]> {
    const { connection, keys, group, count } = this.#o;
    const { client } = connection;
    if (!this.#mayHaveMore) {
      await this.#blocking(() => client.xread('COUNT', 1, 'BLOCK', BLOCK_MS, 'STREAMS', keys.stream, this.#delivered));
    }
    if (this.#stopped) return [];
    const args = [group, lease.consumer, count];
    const entries = (await read(() => this.#fenced(FENCED_READ, [keys.stream], args))) as Entry[];
    this.#mayHaveMore = entries.length > 0;
    return entries;
  }

  async #fenced(script: Script, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const { connection, keys: own, lease } = this.#o;
    try {
      return await connection.run(script, lease ? [...keys, lease.state] : keys, args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('EBLEASE'))) throw error;
      throw new BackboneError('EB_LEASE_LOST', `partition ${own.partition} of the stream has another reader now`);
    }
  }

  async #blocking<T>(read: () => Promise<T>): Promise<T> {
    const { connection } = this.#o;
    connection.checkReady();
    this.#blocked = true;
    try {
      return await connection.within(read(), BLOCK_MS);
    } finally {
      this.#blocked = false;
    }
  }

  /** What this consumer owns and does not hold: deliveries whose reply got lost. */
  async history(after: string): Promise<PendingPage> {
    const { connection, keys, group, past, consumer, count, leases } = this.#o;
    const reply = await connection.run(OWN_HISTORY, [keys.stream, past], [group, consumer, after, count]);
    const [last, own] = reply as [string, PendingEntry[]];
    const orphans = own.filter(([id]) => !leases.has(id));
    const gone = orphans.filter(([, fields]) => fields.length === 0).map(([id]) => id);
    if (gone.length > 0) {
      await connection.within(connection.client.xack(keys.stream, group, ...gone));
      await connection.within(connection.client.hdel(past, ...gone));
    }
    const there = orphans.filter(([, fields]) => fields.length > 0);
    const ids = there.map(([id]) => id);
    const args = [group, consumer, 'again', ...ids];
    const lost = ids.length > 0 ? ((await connection.run(RENEW, [keys.stream], args)) as string[]) : [];
    const found = there
      .filter(([id]) => !lost.includes(id))
      .map(([id, fields, deliveries, past]) => foundIn([id, fields, deliveries + 1, past]));
    return { found, gone: gone.length, next: last === '' ? undefined : last };
  }

  /** What others own and have not beaten for a lease; tells, too, whether dead letters wait for somebody with these types. */
  async claims(
    after: string,
    leaseMs: number,
    types: Iterable<string>,
  ): Promise<PendingPage & { readonly lettersWait: boolean }> {
    const { connection, keys, group, past, state, consumer, count, leases, lease } = this.#o;
    const args = [group, consumer, leaseMs, after, count, ...Array.from(types, (type) => `unknown:${type}`)];
    const reply = await (lease
      ? this.#fenced(FENCED_CLAIM, [keys.stream, past, state], args)
      : connection.run(CLAIM, [keys.stream, past, state], args));
    const [cursor, entries, gone, there] = reply as [string, PendingEntry[], string[], number];
    const found = entries
      // After a stall of this process its own deliveries look stale to itself.
      .filter(([id]) => !leases.has(id))
      .map(foundIn);
    return { found, gone: gone.length, next: cursor === '0-0' ? undefined : cursor, lettersWait: there === 1 };
  }

  /**
   * Says which types this consumer handles, and takes dead letters that waited for somebody who does. Those of a parked
   * key belong together with others: only the keys are told.
   */
  async adopt(
    after: string,
    types: Iterable<string>,
  ): Promise<PendingPage & { readonly parkedKeys: readonly string[] }> {
    const { connection, group, letters, consumer, count, lease } = this.#o;
    const most = Math.min(count, LETTERS_PER_LOOK);
    const args = [group, consumer, TYPES_KEPT_MS, TYPES_WRITTEN_EVERY_MS, after, most, ...types];
    const reply = await (lease ? this.#fenced(FENCED_ADOPT, letters, args) : connection.run(ADOPT, letters, args));
    const [next, entries, parkedKeys] = reply as [string, PendingEntry[], string[]];
    return { found: entries.map(foundIn), gone: 0, next: next === '' ? undefined : next, parkedKeys };
  }

  /** Removes the names of consumers that are long gone and own nothing. */
  async reap(idleMs: number): Promise<void> {
    const { connection, keys, group } = this.#o;
    await connection.run(REAP, [keys.stream], [group, idleMs]);
  }

  /** Ends a blocked read on the server itself, so that it cannot hand out anything afterwards; false when it cannot. */
  async unblock(main: RedisConnection, timeoutMs: number): Promise<boolean> {
    this.#stopped = true;
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

function foundIn([id, fields, deliveries, past]: PendingEntry): Found {
  return { entry: [id, fields], deliveries, past: pastOf(past) };
}
