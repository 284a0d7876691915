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
import { HeldSlot } from './held-slot.js';
import { channelError, failureKind, failureReason } from './postgres-failure.js';
import type { PostgresSettings } from './postgres-options.js';
import type { SlotLeases } from './slot-lease.js';
import type { WakeUp } from './wake-up.js';

/** What a share is made of. */
export interface SlotShareOptions {
  readonly channel: Channel;
  readonly settings: PostgresSettings;
  readonly wakeUp: WakeUp;
  readonly leases: SlotLeases;
  /** Runs work on the slots while nothing else does. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly stream: Stream;
  readonly group: string;
  readonly consumer: string;
  readonly from: 'beginning' | 'end';
  readonly types: readonly string[];
  /** Takes out the dead letters of slots that only this consumer handles; returns how many it found. */
  readonly redriveUnknown: (slots: readonly number[]) => Promise<number>;
  /** Told about slots with what was in hand of them: they are another consumer's, or may be. */
  readonly onLost: (slots: readonly HeldSlot[]) => void;
  /** Called once, with what no other try would change. */
  readonly onFatal: (error: BackboneError) => void;
}

const LONGEST_PAUSE_MS = 1_000;

/** Holds a consumer's share of the slots of a group: as many as each of its members should have. */
export class SlotShare {
  readonly #o: SlotShareOptions;
  readonly #held = new Map<number, HeldSlot>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #isMember = false;
  #leaving = false;
  #groupThere = false;
  #nextExtension = 0;
  #told = '';
  #fault = '';
  /** True when nothing is missing from the share, as it was last seen. */
  isComplete = false;

  constructor(options: SlotShareOptions) {
    this.#o = options;
  }

  /** The slots that this consumer holds. */
  get held(): ReadonlyMap<number, HeldSlot> {
    return this.#held;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Leaves the group: what is held is given back as soon as nothing of it is in hand. */
  leave(): void {
    this.#leaving = true;
    for (const slot of this.#held.values()) slot.leave();
    this.#o.wakeUp.notify('groups');
  }

  /** Forgets slots that are somebody else's now. */
  lose(slots: readonly HeldSlot[]): void {
    const lost = slots.filter((slot) => this.#held.get(slot.slot) === slot);
    if (lost.length === 0) return;
    for (const { slot } of lost) this.#held.delete(slot);
    const count = lost.reduce((sum, { inHand }) => sum + inHand.size, 0);
    if (count > 0) this.#report('leaseLost', { count });
    this.#o.onLost(lost);
    this.#o.wakeUp.notify('events');
  }

  /** Asks whether slots are still held, and forgets those that are not. */
  async confirm(slots: readonly HeldSlot[]): Promise<void> {
    const parks = await this.#o.leases.extend(slots);
    for (const slot of slots) slot.parks = parks.get(slot.slot) ?? slot.parks;
    this.lose(slots.filter(({ slot }) => !parks.has(slot)));
  }

  /** Gives everything back at once; a server that does not answer is not waited for. */
  async close(): Promise<void> {
    this.leave();
    this.#stop.abort();
    const { alone, settings } = this.#o;
    await Promise.race([alone(() => this.#giveUp()), sleep(settings.queryTimeoutMs, undefined, { ref: false })]);
  }

  /** What could not be given back is taken by others when the lease is over. */
  async #giveUp(): Promise<void> {
    await this.#running;
    const { leases, wakeUp } = this.#o;
    try {
      if (this.#held.size > 0) await leases.release([...this.#held.values()]);
      if (this.#isMember) await leases.resign();
      if (this.#isMember) await wakeUp.tellAll();
    } catch (error) {
      this.#reportFault(failureReason(error));
    }
    this.#held.clear();
  }

  async #run(): Promise<void> {
    const { settings, wakeUp, alone, onFatal } = this.#o;
    while (!this.#isStopping()) {
      const woken = wakeUp.next(Math.min(settings.leaseMs / 3, LONGEST_PAUSE_MS), this.#stop.signal, 'groups');
      try {
        await alone(() => this.#look());
        this.#fault = '';
      } catch (error) {
        const kind = failureKind(error);
        if (kind === 'fatal' || kind === 'missing') {
          if (!this.#isStopping()) onFatal(channelError('sharing slots', error));
          return;
        }
        this.#reportFault(failureReason(error));
      }
      await woken;
    }
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async #look(): Promise<void> {
    if (this.#isStopping()) return;
    await this.#extend();
    if (this.#leaving) {
      await this.#giveBack(Infinity);
      if (this.#isMember && this.#held.size === 0) await this.#resign();
      return;
    }
    const { settings, leases, from, types, redriveUnknown, wakeUp } = this.#o;
    if (!this.#groupThere) {
      if (await leases.createGroup(settings.slots, from)) this.#report('groupCreated', {});
      this.#groupThere = true;
    }
    const { members, isNew, lost } = await leases.beat(types, [...this.#held.values()]);
    this.#isMember = true;
    if (lost.length > 0) this.lose(lost);
    if (isNew) await wakeUp.tellAll();
    await this.#share(members);
    await this.#giveBack(settings.leaseMs);
    if (types.length > 0 && this.#held.size > 0) {
      const count = await redriveUnknown([...this.#held.keys()]);
      if (count > 0) this.#report('redriven', { count });
      if (count > 0) wakeUp.notify('events');
    }
    this.#tell(settings.slots);
  }

  async #extend(): Promise<void> {
    if (this.#held.size === 0 || performance.now() < this.#nextExtension) return;
    const next = performance.now() + this.#o.settings.leaseMs / 3;
    await this.confirm([...this.#held.values()]);
    this.#nextExtension = next;
  }

  async #share(members: readonly string[]): Promise<void> {
    const { consumer, settings, leases, wakeUp } = this.#o;
    const quota = quotaOf(settings.slots, members, consumer);
    const active = [...this.#held.values()].filter(({ isLeaving }) => !isLeaving);
    for (const slot of active.slice(quota)) slot.leave();
    const missing = quota - Math.min(active.length, quota);
    this.isComplete = missing === 0;
    if (missing === 0) return;
    const acquired = await leases.acquire(turnsOf(settings.slots, members, consumer), missing);
    const slots = acquired.map((state) => new HeldSlot(state));
    for (const slot of slots) this.#held.set(slot.slot, slot);
    if (acquired.some(({ isDiverged }) => isDiverged)) throw diverged();
    this.isComplete = acquired.length === missing;
    if (acquired.length > 0) wakeUp.notify('events');
  }

  async #giveBack(patienceMs: number): Promise<void> {
    const left = [...this.#held.values()].filter((slot) => slot.hasLeft(patienceMs));
    if (left.length === 0) return;
    await this.#o.leases.release(left);
    this.lose(left);
    await this.#o.wakeUp.tellAll();
  }

  async #resign(): Promise<void> {
    await this.#o.leases.resign();
    this.#isMember = false;
    await this.#o.wakeUp.tellAll();
  }

  #tell(slots: number): void {
    const held = [...this.#held.keys()].sort((a, b) => a - b);
    const reason = `holds ${held.length === 0 ? 'none' : held.join(',')} of ${slots}`;
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

function diverged(): BackboneError {
  return new BackboneError(
    'EB_DIVERGED',
    'the event at the checkpoint of the group is not the one that it settled there: the log was restored or replaced; ' +
      'find out what is missing, then reset the group to where it is to go on',
  );
}
