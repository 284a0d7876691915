import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackboneError,
  reportChannel,
  type Batch,
  type Channel,
  type ChannelDiagnostic,
  type Stream,
} from '../core/index.js';
import { backOffMs } from './back-off.js';
import { fetchFields, type Found } from './fetch-fields.js';
import { GroupReads, type PendingPage } from './group-reads.js';
import type { StreamKeys } from './keys.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { channelError, failureKind, failureReason } from './redis-failure.js';
import { ensureGroup, type GroupWanted } from './redis-group.js';
import type { RedisSettings } from './redis-options.js';

/** What a reader is made of. */
export interface ReaderOptions {
  readonly channel: Channel;
  readonly connections: RedisConnections;
  readonly settings: RedisSettings;
  readonly keys: StreamKeys;
  readonly leases: LeaseKeeper;
  readonly consumer: string;
  readonly stream: Stream;
  readonly group: string;
  readonly from: 'beginning' | 'end';
  readonly types: ReadonlySet<string> | undefined;
  readonly batchSize: number;
}

const LONGEST_WAIT_MS = 60_000;
/** For how many leases a consumer must have been silent before its name is removed. */
const REAP_AFTER_LEASES = 10;

/** Finds the next deliveries: what got lost on the way here, what others left behind, and what is new. */
export class DeliveryReader {
  readonly #o: ReaderOptions;
  readonly #stop = new AbortController();
  #connection: RedisConnection | undefined;
  /** Absent until the connection is up and the group there, and again after each fault. */
  #reads: GroupReads | undefined;
  /** Where to go on in what this consumer owns already; `undefined` when that is done. */
  #history: string | undefined;
  /** Where to go on in what others may have left behind; `undefined` when that is done. */
  #claims: string | undefined;
  #nextClaim = 0;
  #nextReap = 0;
  #failures = 0;
  #delivered: string | undefined;
  #reading: Promise<Batch | undefined> | undefined;
  /** Called once, when reading ends. */
  onLeft: () => void = () => undefined;

  constructor(options: ReaderOptions) {
    this.#o = options;
  }

  hasLeft(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The next batch, or nothing once reading has ended. Survives every fault of the server; throws only what is fatal. */
  next(): Promise<Batch | undefined> {
    return (this.#reading = this.#next());
  }

  leave(): void {
    if (this.hasLeft()) return;
    this.#stop.abort();
    this.onLeft();
    void this.#unblock();
  }

  /** Ends reading and waits until the server cannot hand anything to this consumer any more. */
  async close(): Promise<void> {
    this.leave();
    await this.#reading?.catch(() => undefined);
    if (this.#connection) this.#o.connections.release(this.#connection);
  }

  async #next(): Promise<Batch | undefined> {
    while (!this.hasLeft()) {
      try {
        const batch = await this.#attempt();
        if (batch) {
          this.#failures = 0;
          return batch;
        }
      } catch (error) {
        if (this.hasLeft()) return undefined;
        await this.#recover(error);
      }
    }
    return undefined;
  }

  async #recover(error: unknown): Promise<void> {
    const kind = failureKind(error);
    if (kind === 'fatal') throw channelError('reading', error);
    const { leases } = this.#o;
    this.#reads = undefined;
    // What became of the group is told when it is found again.
    if (kind !== 'noGroup' || this.#failures > 0) this.#report('fault', { reason: failureReason(error) });
    this.#failures += 1;
    if (kind === 'noGroup') leases.groupName = '';
    await sleep(backOffMs(this.#failures), undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** One step; without a batch there is more to do. */
  async #attempt(): Promise<Batch | undefined> {
    const reads = await this.#ready();
    if (!reads) return undefined;
    if (this.#history === undefined && this.#claims === undefined && Date.now() >= this.#nextClaim) this.#lookAround();
    if (this.#history !== undefined) {
      const page = await reads.history(this.#history);
      this.#history = page.next;
      return this.#pending(page);
    }
    if (this.#claims !== undefined) {
      const page = await reads.claims(this.#claims, this.#o.settings.leaseMs);
      this.#claims = page.next;
      if (page.found.length > 0) this.#report('claimed', { count: page.found.length });
      return this.#pending(page);
    }
    await this.#reapSometimes(reads);
    if (this.hasLeft()) return undefined;
    const entries = await reads.fresh();
    this.#failures = 0;
    const last = entries.at(-1);
    if (!last) {
      // While nothing is new there is time to see what others have left behind.
      this.#claims = '0-0';
      return { deliveries: [], caughtUp: true };
    }
    this.#delivered = last[0];
    const found = entries.map((entry) => ({ entry, deliveries: 1 }));
    return this.#deliver(found, entries.length < this.#o.batchSize);
  }

  #lookAround(): void {
    this.#history = '0-0';
    this.#claims = '0-0';
    this.#nextClaim = Date.now() + this.#o.settings.claimEveryMs;
  }

  async #reapSometimes(reads: GroupReads): Promise<void> {
    const idleMs = this.#o.settings.leaseMs * REAP_AFTER_LEASES;
    if (Date.now() < this.#nextReap) return;
    this.#nextReap = Date.now() + idleMs;
    // Nobody depends on it.
    await reads.reap(idleMs).catch(() => undefined);
  }

  /** The reads on a connection that is up, of a group that exists; after each new connection own history comes first. */
  async #ready(): Promise<GroupReads | undefined> {
    if (this.#reads) return this.#reads;
    const connection = (this.#connection ??= this.#connect());
    if (!(await connection.ready(LONGEST_WAIT_MS, this.#stop.signal))) {
      if (connection.hasEnded) throw new BackboneError('EB_CLOSED', 'the channel is closed');
      return undefined;
    }
    const { client } = connection;
    const clientId = client.isCluster ? '' : await connection.within(client.client('ID')).catch(() => '');
    const { keys, leases, consumer, batchSize: count } = this.#o;
    const known =
      this.#delivered === undefined ? undefined : { delivered: this.#delivered, lowestOpen: leases.lowest() };
    const wanted: GroupWanted = { ...this.#o, known };
    const { name: group, delivered } = await ensureGroup(connection, keys, wanted);
    // Of the group that was, nothing can be settled any more.
    if (leases.groupName !== group) leases.lose();
    leases.groupName = group;
    this.#delivered = delivered;
    this.#lookAround();
    return (this.#reads = new GroupReads({
      connection,
      keys,
      group,
      consumer,
      count,
      clientId: String(clientId),
      leases,
    }));
  }

  #connect(): RedisConnection {
    const connection = this.#o.connections.reader();
    connection.client.on('close', () => (this.#reads = undefined));
    return connection;
  }

  #pending({ found, gone }: PendingPage): Promise<Batch | undefined> | undefined {
    if (gone > 0) {
      const reason = 'entries were removed from the stream before this group had handled them';
      this.#report('lostToTrim', { count: gone, reason });
    }
    return found.length > 0 ? this.#deliver(found, false) : undefined;
  }

  async #deliver(found: readonly Found[], caughtUp: boolean): Promise<Batch> {
    const { types, keys, leases } = this.#o;
    const wanted = (type: string) => types === undefined || types.has(type);
    const deliveries = await fetchFields(this.#connection as RedisConnection, keys, found, wanted);
    for (const delivery of deliveries) leases.add(delivery);
    return { deliveries, caughtUp };
  }

  async #unblock(): Promise<void> {
    const { connections, settings } = this.#o;
    try {
      if ((await this.#reads?.unblock(connections.main, settings.commandTimeoutMs)) !== false) return;
    } catch {
      // The channel is closing.
    }
    // The server does not answer: without its connection the read ends as well.
    if (this.#connection) connections.release(this.#connection);
  }

  #report(kind: ChannelDiagnostic['kind'], more: Pick<ChannelDiagnostic, 'reason' | 'count'>): void {
    const { channel, stream, group } = this.#o;
    reportChannel({ channel, kind, stream, group, ...more });
  }
}
