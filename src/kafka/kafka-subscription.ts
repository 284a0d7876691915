import {
  BackboneError,
  checkedName,
  reportChannel,
  type Batch,
  type Channel,
  type ChannelDiagnostic,
  type Delivery,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
} from '../core/index.js';
import { channelError } from './channel-error.js';
import { letterId } from './control-record.js';
import type { EventRead } from './event-record.js';
import type { GroupLog, NewFact } from './group-log.js';
import { GroupMembership } from './group-membership.js';
import type { KafkaDriver } from './kafka-driver.js';
import { omitFields } from './payload-fields.js';
import { pauseMs } from './pause-ms.js';
import { redrive } from './redrive.js';
import { startOffsets, type OnOffsetLost } from './start-offsets.js';
import { groupId, topicNames } from './topic-names.js';
import type { Topics } from './topics.js';

/** What a subscription works with. */
export interface SubscriptionInput {
  readonly channel: Channel;
  readonly driver: KafkaDriver;
  readonly topics: Topics;
  readonly log: GroupLog;
  /** Fetches the fields of events that are not in their records. */
  readonly fill: (events: readonly EventRead[]) => Promise<void>;
  readonly onOffsetLost: OnOffsetLost;
  readonly publishTimeoutMs: number;
  readonly options: SubscribeOptions;
  readonly onClosed: () => void;
}

const DEFAULT_BATCH_SIZE = 100;
const LOOK_EVERY_MS = 2_000;
const CLOSE_MS = 4_000;
const LONGEST_PAUSE_MS = 2_000;
const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** One consumer of a group. */
export class KafkaSubscription implements Subscription {
  readonly #input: SubscriptionInput;
  readonly #options: SubscribeOptions;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #closing = new AbortController();
  readonly #topic: string;
  #membership: GroupMembership | undefined;
  #epoch = 0;
  #isBegun = false;
  #iterated = false;
  #left = false;
  #saidCaughtUp = false;
  #failure: BackboneError | undefined;
  #wake: () => void = () => undefined;
  #changed: Promise<void> = Promise.resolve();
  #looking: NodeJS.Timeout | undefined;
  #unwatch: () => void = () => undefined;
  #closed: Promise<void> | undefined;
  #rejoining: Promise<void> = Promise.resolve();

  constructor(input: SubscriptionInput) {
    const { options } = input;
    checkedName('group', options.group);
    if (options.consumer !== undefined) checkedName('consumer', options.consumer);
    this.#topic = topicNames(options.stream).events;
    this.#input = input;
    this.#options = options;
    this.#types = options.types && new Set(options.types);
    this.#nextChange();
  }

  get options(): SubscribeOptions {
    return this.#options;
  }

  /** What this consumer has now; nothing while it is not there. */
  get membership(): GroupMembership | undefined {
    return this.#membership;
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch, undefined> {
    if (this.#iterated) {
      throw new BackboneError('EB_ARGUMENT', 'this subscription was iterated before; subscribe again to read on');
    }
    this.#iterated = true;
    if (!this.#closing.signal.aborted) void this.#start();
    return { next: () => this.#next(), return: () => this.#return() };
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    const membership = this.#membership;
    const holds = ({ delivery }: Settlement) =>
      !this.#closing.signal.aborted && this.#membership === membership && membership?.holds(delivery) === true;
    await membership?.known();
    const letters = settlements
      .filter((settlement) => mayBeLetter(settlement) && holds(settlement))
      .flatMap((settlement) => this.#letterOf(settlement));
    if (letters.length > 0) {
      await this.#input.log.write(letters).catch((error: unknown) => {
        throw channelError('setting events aside', error);
      });
      await membership?.known();
    }
    const held: Delivery[] = [];
    const lost: Delivery[] = [];
    for (const settlement of settlements) (holds(settlement) ? held : lost).push(settlement.delivery);
    membership?.settle(held);
    return lost;
  }

  /** Nothing is remembered about events in hand. */
  record(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #start(): Promise<void> {
    const { topics, log, options } = this.#input;
    const { stream, group, types } = options;
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await topics.events(stream);
        await log.refresh();
        // Before it joins: members that do not handle a type must know of it by the time this one has a share.
        await log.announce(group, types ?? []);
        break;
      } catch (error) {
        this.#report({ kind: 'waiting', reason: channelError('joining', error).message });
        await pauseMs(attempt, signal, LONGEST_PAUSE_MS);
      }
    }
    if (signal.aborted) return;
    this.#join();
    this.#unwatch = log.watch(() => this.#onLog());
    this.#lookSoon();
  }

  #join(): void {
    const { driver, log, options, onOffsetLost } = this.#input;
    const { stream, group, from = 'beginning' } = options;
    this.#epoch = log.group(group).epoch?.epoch ?? 0;
    this.#isBegun = log.group(group).epoch?.begun === true;
    const epoch = this.#epoch;
    this.#membership = new GroupMembership({
      driver,
      topic: this.#topic,
      groupId: groupId(this.#topic, group, epoch),
      group,
      room: this.#batchSize,
      start: async (partitions, signal) => {
        const starts = await startOffsets({ driver, log, stream, group, from, onOffsetLost }, partitions, signal);
        await this.#takeUnknown(partitions);
        return starts;
      },
      begun: () => this.#begun(epoch),
      changed: () => this.#wake(),
      lost: (deliveries) => options.onLost?.(deliveries),
      waiting: ({ message }) => this.#report({ kind: 'waiting', reason: message }),
      failed: (error) => this.#fail(error),
    });
  }

  async #next(): Promise<IteratorResult<Batch, undefined>> {
    for (;;) {
      if (this.#left || this.#closing.signal.aborted) return DONE;
      if (this.#failure) throw this.#failure;
      const changed = this.#changed;
      const membership = this.#membership;
      const taken = membership?.take(this.#batchSize, () => true) ?? [];
      const deliveries = taken.length === 0 ? [] : await this.#filled(taken, membership);
      const caughtUp = membership?.isCaughtUp === true;
      if (deliveries.length > 0 || (caughtUp && taken.length === 0 && !this.#saidCaughtUp)) {
        this.#saidCaughtUp = caughtUp;
        return { done: false, value: { deliveries, caughtUp } };
      }
      if (taken.length === 0) await changed;
    }
  }

  /** Fetches fields until it works: an event whose payload store is away is not lost. */
  async #filled(taken: readonly EventRead[], from: GroupMembership | undefined): Promise<readonly Delivery[]> {
    const { signal } = this.#closing;
    const wanted = taken.filter((event) => {
      const type = event.delivery.message?.type;
      if (type === undefined || this.#types?.has(type) !== false) return true;
      omitFields(event);
      return false;
    });
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.#input.fill(wanted);
        // Some may have been taken away meanwhile.
        const isHere = (delivery: Delivery) => this.#membership === from && from?.holds(delivery) === true;
        return taken.map(({ delivery }) => delivery).filter(isHere);
      } catch (error) {
        this.#report({ kind: 'waiting', reason: channelError('fetching fields', error).message });
        await pauseMs(attempt, signal, LONGEST_PAUSE_MS);
      }
    }
    return [];
  }

  #return(): Promise<IteratorReturnResult<undefined>> {
    this.#left = true;
    this.#wake();
    return Promise.resolve(DONE);
  }

  #letterOf({ delivery, deadLetter, unhandled }: Settlement): readonly NewFact[] {
    const { group } = this.#options;
    const { message, position, appendedAt } = delivery;
    const isHandledElsewhere = message !== undefined && this.#input.log.handles(group, message.type);
    const reason = deadLetter ?? (isHandledElsewhere ? unhandled : undefined);
    const copied = this.#membership?.recordOf(delivery);
    if (!reason || !copied) return [];
    const { partition, offset } = copied;
    const { id: eventId, type, key } = message ?? {};
    const place = { kind: 'letter', partition: position.partition, offset, appendedAt } as const;
    return [
      { group, fact: { ...place, eventId, type, key, reason, time: Date.now() }, copied: { ...copied, partition } },
    ];
  }

  /** Looks now and then for what other processes wrote about the group. */
  #lookSoon(): void {
    if (this.#closing.signal.aborted) return;
    this.#looking = setTimeout(() => void this.#look().finally(() => this.#lookSoon()), LOOK_EVERY_MS);
  }

  async #look(): Promise<void> {
    const { log, options } = this.#input;
    try {
      await log.refresh();
      await log.announce(options.group, options.types ?? []);
    } catch {
      // The next look may find it; what does not work for long is told by those who need it.
    }
  }

  #onLog(): void {
    const { epoch } = this.#input.log.group(this.#options.group).epoch ?? {};
    if (epoch !== undefined && epoch !== this.#epoch) this.#leaveEpoch();
    else void this.#takeUnknown([...(this.#membership?.owned.keys() ?? [])]);
  }

  /** The group was reset: what is in hand belongs to the past. */
  #leaveEpoch(): void {
    const before = this.#membership;
    this.#membership = undefined;
    this.#epoch = this.#input.log.group(this.#options.group).epoch?.epoch ?? 0;
    const lost = before?.inHand ?? [];
    if (lost.length > 0) this.#options.onLost?.(lost);
    this.#rejoining = this.#rejoining.then(async () => {
      await before?.close(CLOSE_MS);
      if (!this.#closing.signal.aborted && !this.#membership) this.#join();
    });
  }

  /** Hands dead letters of unknown types to their group again, where this consumer handles the type and has the partition. */
  async #takeUnknown(partitions: readonly number[]): Promise<void> {
    const { driver, log, options, publishTimeoutMs: timeoutMs } = this.#input;
    const { stream, group } = options;
    const ids = [...log.group(group).letters.values()]
      .filter(
        ({ partition, type, reason }) =>
          reason.kind === 'unknown' && partitions.includes(partition) && this.#handles(type),
      )
      .map(letterId);
    if (ids.length === 0) return;
    try {
      await redrive(driver, log, stream, { group, ids, timeoutMs });
    } catch (error) {
      this.#report({ kind: 'fault', reason: channelError('redriving dead letters', error).message });
    }
  }

  #handles(type: string | undefined): boolean {
    return type !== undefined && this.#types?.has(type) === true;
  }

  /** From its first commit on, a group that has none is one that Kafka has forgotten. */
  async #begun(epoch: number): Promise<void> {
    const { log, options } = this.#input;
    const known = log.group(options.group).epoch;
    if (this.#isBegun || known?.epoch !== epoch) return;
    if (!known.begun) await log.write([{ group: options.group, fact: { ...known, begun: true } }]);
    this.#isBegun = true;
  }

  #fail(error: BackboneError): void {
    this.#failure ??= error;
    this.#wake();
    void this.#membership?.close(CLOSE_MS);
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#looking);
    this.#unwatch();
    this.#wake();
    await Promise.all([this.#membership?.close(CLOSE_MS), this.#rejoining]);
    this.#input.onClosed();
  }

  get #batchSize(): number {
    return Math.max(1, this.#options.batchSize ?? DEFAULT_BATCH_SIZE);
  }

  #nextChange(): void {
    this.#changed = new Promise((resolve) => {
      this.#wake = () => {
        this.#nextChange();
        resolve();
      };
    });
  }

  #report(event: Pick<ChannelDiagnostic, 'kind' | 'reason'>): void {
    const { stream, group } = this.#options;
    reportChannel({ channel: this.#input.channel, stream, group, ...event });
  }
}

function mayBeLetter({ deadLetter, unhandled }: Settlement): boolean {
  return deadLetter !== undefined || unhandled !== undefined;
}
