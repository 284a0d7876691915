import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackboneError,
  reportChannel,
  type Channel,
  type ChannelDiagnostic,
  type Stream,
  quotaOf,
  turnsOf,
} from '../core/index.js';
import type { StreamKeys } from './keys.js';
import type { HeldPartition } from './partition-held.js';
import { acquirePartition, extendLease, giveBackLease, type PartitionLease } from './partition-lease.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { channelError, failureKind, failureReason } from './redis-failure.js';
import { ensureGroup } from './redis-group.js';
import type { RedisSettings } from './redis-options.js';
import { BEAT } from './scripts/partition.js';

/** What a share is made of. */
export interface PartitionShareOptions {
  readonly channel: Channel;
  readonly connections: RedisConnections;
  readonly settings: RedisSettings;
  readonly stream: Stream;
  readonly group: string;
  readonly from: 'beginning' | 'end';
  readonly consumer: string;
  /** All partitions of the stream, once everybody splits it alike. */
  readonly agreed: () => Promise<readonly StreamKeys[]>;
  /** All partitions of the stream, as they stand. */
  readonly found: () => Promise<readonly StreamKeys[]>;
  /** Says on all partitions, held here or not, what this consumer handles. */
  readonly announce: (connection: RedisConnection, partitions: readonly StreamKeys[]) => Promise<void>;
  readonly open: (keys: StreamKeys, lease: PartitionLease) => HeldPartition;
  /** Called when partitions came or went. */
  readonly onChange: () => void;
  /** Called once, with what no other try would change. */
  readonly onFatal: (error: BackboneError) => void;
}

const LONGEST_WAIT_MS = 60_000;
const LONGEST_PAUSE_MS = 1_000;
const READY_WITHIN_MS = 1_000;

/** Holds a consumer's share of the partitions of a stream: as many as each member of its group should have. */
export class PartitionShare {
  readonly #o: PartitionShareOptions;
  readonly #held = new Map<number, HeldPartition>();
  readonly #givingBack = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #pause = new AbortController();
  #running: Promise<void> | undefined;
  #partitions: readonly StreamKeys[] | undefined;
  #groupsThere = false;
  #isMember = false;
  #leaving = false;
  #nextAnnouncement = 0;
  #nextExtension = 0;
  #told = '';
  #fault = '';
  /** True when nothing is missing from the share, as it was last seen. */
  isComplete = false;

  constructor(options: PartitionShareOptions) {
    this.#o = options;
  }

  /** The partitions that this consumer may read from, and those of which something is still in hand. */
  get held(): ReadonlyMap<number, HeldPartition> {
    return this.#held;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at the share at once. */
  wake(): void {
    this.#pause.abort();
  }

  /** Leaves the group: what is held is given back as soon as nothing of it is in hand. */
  leave(): void {
    this.#leaving = true;
    for (const held of this.#held.values()) held.leave();
    this.wake();
  }

  /** Gives everything back at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.wake();
    // A server that does not answer is not waited for.
    await Promise.race([this.#running, sleep(this.#o.settings.commandTimeoutMs)]);
    for (const partition of [...this.#held.keys()]) this.#giveBack(partition);
    await Promise.all(this.#givingBack);
    if (this.#isMember) await this.#resign().catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { settings, onFatal } = this.#o;
    while (!this.#isStopping()) {
      this.#pause = new AbortController();
      try {
        await this.#look();
        this.#fault = '';
      } catch (error) {
        const kind = failureKind(error);
        if (kind === 'noGroup') this.#groupsThere = false;
        else if (kind === 'fatal') {
          if (!this.#isStopping()) onFatal(channelError('sharing partitions', error));
          return;
        } else this.#reportFault(failureReason(error));
      }
      const pauseMs = Math.min(settings.leaseMs / 3, LONGEST_PAUSE_MS);
      await sleep(pauseMs, undefined, { signal: this.#pause.signal }).catch(() => undefined);
    }
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async #look(): Promise<void> {
    const { connections, settings, agreed } = this.#o;
    const { main } = connections;
    if (!(await main.ready(LONGEST_WAIT_MS, this.#stop.signal))) {
      if (main.hasEnded) throw new BackboneError('EB_CLOSED', 'the channel is closed');
      return;
    }
    this.#partitions ??= await agreed();
    await this.#extend(main);
    for (const [partition, held] of this.#held) if (held.isLost && held.error === undefined) this.#giveBack(partition);
    if (!this.#leaving) {
      await this.#prepare(main, this.#partitions);
      const members = await this.#beat(main, this.#partitions);
      await this.#share(main, this.#partitions, members);
    } else if (this.#isMember) await this.#resign();
    const patienceMs = this.#leaving ? Infinity : settings.leaseMs;
    for (const [partition, held] of this.#held) if (held.hasLeft(patienceMs)) this.#giveBack(partition);
    this.#tell(this.#partitions.length);
  }

  /** Before anything is read: the group on all partitions, so that `end` is the same time everywhere. */
  async #prepare(main: RedisConnection, all: readonly StreamKeys[]): Promise<void> {
    const { channel, stream, group, from, settings, announce } = this.#o;
    if (!this.#groupsThere) {
      await Promise.all(all.map((keys) => ensureGroup(main, keys, { channel, stream, group, from })));
      this.#groupsThere = true;
    }
    if (performance.now() < this.#nextAnnouncement) return;
    await announce(main, all);
    this.#nextAnnouncement = performance.now() + settings.claimEveryMs;
  }

  /** Says that this consumer lives; returns the names of all members. */
  async #beat(main: RedisConnection, all: readonly StreamKeys[]): Promise<readonly string[]> {
    const { consumer, group, settings, found } = this.#o;
    const [first] = all;
    if (!first) return [];
    const reply = await main.run(BEAT, [first.members(group), first.layout], [consumer, settings.leaseMs]);
    const [max, members] = reply as [string, readonly string[]];
    this.#isMember = true;
    // Somebody has split the stream anew: its new partitions need readers before all consumers are replaced.
    if (Number(max) > all.length) this.#partitions = await found();
    return members;
  }

  async #extend(main: RedisConnection): Promise<void> {
    const { leaseMs } = this.#o.settings;
    if (performance.now() < this.#nextExtension) return;
    const next = performance.now() + leaseMs / 3;
    const extend = async (held: HeldPartition) => {
      if (!(await extendLease(main, held.lease, leaseMs))) held.isLost = true;
    };
    await Promise.all([...this.#held.values()].map(extend));
    this.#nextExtension = next;
  }

  async #share(main: RedisConnection, all: readonly StreamKeys[], members: readonly string[]): Promise<void> {
    const { consumer, group, settings } = this.#o;
    const quota = quotaOf(all.length, members, consumer);
    const active = [...this.#held.values()].filter(({ isLeaving }) => !isLeaving);
    for (const held of active.slice(quota)) held.leave();
    let count = Math.min(active.length, quota);
    this.isComplete = count === quota;
    for (const partition of turnsOf(all.length, members, consumer)) {
      if (count >= quota || this.#leaving || this.#isStopping()) return;
      const keys = all[partition];
      if (!keys || this.#held.has(partition)) continue;
      const acquired = await acquirePartition(main, keys, { group, consumer, leaseMs: settings.leaseMs });
      if (acquired === 'competing') this.#reportFault('the group has consumers that compete; waiting for them to go');
      if (typeof acquired === 'string') continue;
      count += 1;
      if (acquired.gone > 0) this.#report('lostToTrim', { count: acquired.gone });
      this.#held.set(partition, this.#o.open(keys, acquired.lease));
      this.isComplete = count === quota;
      this.#o.onChange();
    }
  }

  /** In the background: it may take as long as a reply. */
  #giveBack(partition: number): void {
    const held = this.#held.get(partition);
    if (!held) return;
    this.#held.delete(partition);
    const lost = this.#isStopping() ? 0 : held.loseAll();
    if (lost > 0) this.#report('leaseLost', { count: lost });
    const given = this.#close(held).finally(() => this.#givingBack.delete(given));
    this.#givingBack.add(given);
    this.#o.onChange();
  }

  async #close(held: HeldPartition): Promise<void> {
    try {
      await held.close();
      const { main } = this.#o.connections;
      if (await main.ready(READY_WITHIN_MS)) await giveBackLease(main, held.lease);
    } catch {
      // Not given back: others take it when the lease is over.
    }
  }

  async #resign(): Promise<void> {
    const { connections, consumer, group } = this.#o;
    const { main } = connections;
    if (!(await main.ready(READY_WITHIN_MS))) return;
    const key = this.#partitions?.[0]?.members(group) ?? '';
    await main.within(main.client.zrem(key, consumer));
    this.#isMember = false;
  }

  #tell(partitions: number): void {
    const held = [...this.#held.keys()].sort((a, b) => a - b);
    const reason = `holds ${held.length === 0 ? 'none' : held.join(',')} of ${partitions}`;
    if (reason !== this.#told) this.#report('partitions', { reason, count: held.length });
    this.#told = reason;
  }

  /** Once for each fault, however often it is met. */
  #reportFault(reason: string): void {
    if (reason !== this.#fault) this.#report('fault', { reason });
    this.#fault = reason;
  }

  #report(kind: ChannelDiagnostic['kind'], more: Pick<ChannelDiagnostic, 'reason' | 'count'>): void {
    const { channel, stream, group } = this.#o;
    reportChannel({ channel, kind, stream, group, ...more });
  }
}
