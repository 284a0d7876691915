import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackboneError,
  comparePositions,
  reportChannel,
  type Batch,
  type Channel,
  type ChannelDiagnostic,
  type Delivery,
  type DeliveryPast,
  type Position,
  type Stream,
} from '../core/index.js';
import { backOffMs } from './back-off.js';
import { fetchFields, type Found } from './fetch-fields.js';
import { GroupReads } from './group-reads.js';
import type { StreamKeys } from './keys.js';
import type { KnownHashes } from './known-hashes.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { compete, type PartitionLease } from './partition-lease.js';
import { ParkGate } from './park-gate.js';
import { PendingScan, type ScannedPage } from './pending-scan.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { channelError, failureKind, failureReason } from './redis-failure.js';
import { ensureGroup, type GroupWanted } from './redis-group.js';
import type { RedisSettings } from './redis-options.js';
import { redriveKey, type GroupOnServer } from './redrive.js';
import { letterKeys } from './scripts/letters.js';

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
  readonly parkKeys: boolean;
  /** The lease under which this is the only consumer of its partition; absent where consumers compete. */
  readonly lease: PartitionLease | undefined;
}

const LONGEST_WAIT_MS = 60_000;
/** For how many leases a consumer must have been silent before its name is removed. */
const REAP_AFTER_LEASES = 10;

/** What was read beside entries, and what is still being read. */
interface ReadBeside {
  readonly hashes?: KnownHashes | undefined;
  readonly pasts?: Promise<readonly (DeliveryPast | undefined)[]> | undefined;
}

/** Finds the next deliveries: what got lost on the way here, what others left behind, and what is new. */
export class DeliveryReader {
  readonly #o: ReaderOptions;
  readonly #stop = new AbortController();
  #connection: RedisConnection | undefined;
  /** Absent until the connection is up and the group there, and again after each fault. */
  #reads: GroupReads | undefined;
  #gate: ParkGate | undefined;
  readonly #scan: PendingScan;
  #nextClaim = 0;
  #nextReap = 0;
  #failures = 0;
  #delivered: string | undefined;
  /** The last id that the group had finished when a reset moved it back. */
  #replayedTo: Position | undefined;
  #reading: Promise<Batch | undefined> | undefined;
  /** Called once, when reading ends. */
  onLeft: () => void = () => undefined;

  constructor(options: ReaderOptions) {
    this.#o = options;
    this.#scan = new PendingScan(options.types, options.settings.leaseMs);
  }

  hasLeft(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The next batch, or nothing once reading has ended. Survives every fault of the server; throws only what is fatal. */
  next(): Promise<Batch | undefined> {
    return (this.#reading = this.#next());
  }

  /** Forgets deliveries that nobody has seen; they are read again, before anything newer. */
  unread(deliveries: readonly Delivery[]): void {
    for (const { position } of deliveries) this.#o.leases.remove(position.id);
    this.#scan.beginHistory();
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
    const reads = this.#reads ?? (await this.#ready());
    if (!reads) return undefined;
    if (this.#scan.isOver && this.#gate?.heldBack === true) {
      await this.#gate.resume();
      this.#scan.beginHistory();
    }
    if (this.#scan.isOver && Date.now() >= this.#nextClaim) this.#lookAround();
    const page = this.#scan.isOver ? undefined : await this.#scan.next(reads);
    if (page) return this.#pending(page);
    if (Date.now() >= this.#nextReap) await this.#reap(reads);
    if (this.hasLeft()) return undefined;
    const { entries, hashes } = await reads.fresh();
    this.#failures = 0;
    const last = entries.at(-1);
    if (!last) {
      // While nothing is new there is time to see what others have left behind.
      this.#scan.beginClaims();
      return { deliveries: [], caughtUp: true };
    }
    this.#delivered = last[0];
    const found = entries.map((entry) => ({ entry, deliveries: 1 }));
    // Of what a reset brings back something may be remembered.
    const pasts = this.#isReplayed(found[0]?.entry[0]) ? reads.pastsOf(entries) : undefined;
    return this.#deliver(found, entries.length < this.#o.batchSize, { hashes, pasts });
  }

  #lookAround(): void {
    this.#scan.begin();
    this.#nextClaim = Date.now() + this.#o.settings.claimEveryMs;
  }

  async #reap(reads: GroupReads): Promise<void> {
    const idleMs = this.#o.settings.leaseMs * REAP_AFTER_LEASES;
    this.#nextReap = Date.now() + idleMs;
    // Nobody depends on it.
    await reads.reap(idleMs).catch(() => undefined);
  }

  /** The reads on a connection that is up, of a group that exists; after each new connection own history comes first. */
  async #ready(): Promise<GroupReads | undefined> {
    const connection = (this.#connection ??= this.#connect());
    if (!(await connection.ready(LONGEST_WAIT_MS, this.#stop.signal))) {
      if (connection.hasEnded) throw new BackboneError('EB_CLOSED', 'the channel is closed');
      return undefined;
    }
    const { client } = connection;
    const clientId = client.isCluster ? '' : await connection.within(client.client('ID')).catch(() => '');
    const { keys, leases, lease, consumer, batchSize: count, parkKeys } = this.#o;
    const known =
      this.#delivered === undefined ? undefined : { delivered: this.#delivered, lowestOpen: leases.lowest() };
    const wanted: GroupWanted = { ...this.#o, known };
    const { name: groupName, delivered, replayedTo } = await ensureGroup(connection, keys, wanted);
    const { group } = this.#o;
    if (!lease) await compete(connection, keys, { state: keys.group(group), group: groupName, consumer });
    // Of the group that was, nothing can be settled any more.
    if (leases.groupName !== groupName) leases.lose();
    leases.groupName = groupName;
    this.#delivered = delivered;
    this.#replayedTo = replayedTo === '' ? undefined : { partition: keys.partition, id: replayedTo };
    this.#lookAround();
    const onParked = (count: number) => this.#report('parked', { count });
    this.#gate = parkKeys ? new ParkGate({ connection, keys, group, groupName, consumer, onParked }) : undefined;
    return (this.#reads = new GroupReads({
      connection,
      keys,
      group: groupName,
      past: keys.past(group),
      state: keys.group(group),
      letters: letterKeys(keys, group),
      consumer,
      count,
      clientId: String(clientId),
      leases,
      types: this.#o.types,
      delivered,
      lease,
    }));
  }

  #connect(): RedisConnection {
    const connection = this.#o.connections.reader();
    connection.client.on('close', () => (this.#reads = undefined));
    return connection;
  }

  async #pending({ from, found, gone, parkedKeys }: ScannedPage): Promise<Batch | undefined> {
    const { keys, group, leases } = this.#o;
    const connection = this.#connection as RedisConnection;
    const on: GroupOnServer = { connection, keys, group, groupName: leases.groupName };
    for (const key of parkedKeys) await redriveKey(on, key);
    if (found.length > 0 && from === 'letters') this.#report('redriven', { count: found.length });
    if (found.length > 0 && from === 'claims') this.#report('claimed', { count: found.length });
    if (gone > 0) {
      const reason = 'entries were removed from the stream before this group had handled them';
      this.#report('lostToTrim', { count: gone, reason });
    }
    return found.length > 0 ? this.#deliver(found, false) : undefined;
  }

  /** The batch to hand out; nothing when all of it was set aside or has to wait. */
  async #deliver(
    found: readonly Found[],
    caughtUp: boolean,
    { hashes, pasts }: ReadBeside = {},
  ): Promise<Batch | undefined> {
    const { types, keys, leases, settings } = this.#o;
    const { maxEventBytes } = settings;
    const wanted = (type: string) => types === undefined || types.has(type);
    const source = { connection: this.#connection as RedisConnection, keys, maxEventBytes, known: hashes };
    const fetching = fetchFields(source, found, wanted);
    const [fetched, remembered] = pasts ? await Promise.all([fetching, pasts]) : [await fetching];
    remembered?.forEach((past, i) => {
      if (past && fetched[i]) fetched[i].past = past;
    });
    const gate = this.#gate;
    const deliveries = gate ? await gate.sift(fetched) : fetched;
    // What was redriven may still be nobody's.
    if (gate?.heldBack === true) this.#scan.beginClaims();
    if (deliveries.length === 0) return undefined;
    // In the order of the stream, each page.
    const areAll = this.#isReplayed(deliveries.at(-1)?.position.id);
    for (const delivery of deliveries) {
      const wasFinished = areAll || this.#isReplayed(delivery.position.id);
      if (wasFinished && delivery.past?.redriven !== true) delivery.replayed = true;
      leases.add(delivery);
    }
    return { deliveries, caughtUp };
  }

  #isReplayed(id: string | undefined): boolean {
    const to = this.#replayedTo;
    return to !== undefined && id !== undefined && comparePositions({ partition: to.partition, id }, to) <= 0;
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
