import type { BackboneError, ChannelDiagnostic, SubscribeOptions } from '../core/index.js';
import { channelError } from './channel-error.js';
import { letterId } from './control-record.js';
import type { GroupLog } from './group-log.js';
import { GroupMembership } from './group-membership.js';
import type { KafkaDriver } from './kafka-driver.js';
import { pauseMs } from './pause-ms.js';
import { redrive } from './redrive.js';
import { startOffsets, type OnOffsetLost } from './start-offsets.js';
import { groupId, topicNames } from './topic-names.js';
import type { Topics } from './topics.js';

/** What following a group works with, and whom it tells. */
export interface FollowingInput {
  readonly driver: KafkaDriver;
  readonly topics: Topics;
  readonly log: GroupLog;
  readonly onOffsetLost: OnOffsetLost;
  readonly publishTimeoutMs: number;
  readonly options: SubscribeOptions;
  /** How many records of a partition may wait. */
  readonly room: number;
  /** Something can be taken, or something was taken away. */
  readonly changed: () => void;
  /** The consumer cannot go on. */
  readonly failed: (error: BackboneError) => void;
  readonly report: (event: Pick<ChannelDiagnostic, 'kind' | 'reason'>) => void;
}

const LOOK_EVERY_MS = 2_000;
const CLOSE_MS = 4_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Keeps one consumer in its group, through resets: each makes a new Kafka group, which the consumer leaves the old one for.
 * Also hands out again what was set aside because nobody knew its type, once this consumer does.
 */
export class GroupFollowing {
  readonly #input: FollowingInput;
  readonly #topic: string;
  readonly #closing = new AbortController();
  #membership: GroupMembership | undefined;
  #epoch = 0;
  #isBegun = false;
  #isWaiting = false;
  #looking: NodeJS.Timeout | undefined;
  #unwatch: () => void = () => undefined;
  #rejoining: Promise<void> = Promise.resolve();

  constructor(input: FollowingInput) {
    this.#input = input;
    this.#topic = topicNames(input.options.stream).events;
  }

  /** What the consumer has now; nothing while it is not there. */
  get membership(): GroupMembership | undefined {
    return this.#membership;
  }

  /** Joins, however long Kafka is away. */
  async start(): Promise<void> {
    const { topics, log, options } = this.#input;
    const { stream, group, types = [] } = options;
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await topics.events(stream);
        await log.refresh();
        // Before it joins: members that do not handle a type must know of it by the time this one has a share.
        await log.announce(group, types);
        break;
      } catch (error) {
        this.#waits(channelError('joining', error));
        await pauseMs(attempt, signal, LONGEST_PAUSE_MS);
      }
    }
    if (signal.aborted) return;
    this.#join();
    this.#unwatch = log.watch(() => this.#onLog());
    this.#lookSoon();
  }

  /** Gives up what the consumer has; a failed one gets nothing more. */
  leave(): void {
    void this.#membership?.close(CLOSE_MS);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#looking);
    this.#unwatch();
    await Promise.all([this.#membership?.close(CLOSE_MS), this.#rejoining]);
  }

  #join(): void {
    const { driver, log, options, onOffsetLost, room, changed, failed } = this.#input;
    const { stream, group, from = 'beginning' } = options;
    this.#epoch = log.group(group).epoch?.epoch ?? 0;
    this.#isBegun = log.group(group).epoch?.begun === true;
    const epoch = this.#epoch;
    this.#membership = new GroupMembership({
      driver,
      topic: this.#topic,
      groupId: groupId(this.#topic, group, epoch),
      group,
      room,
      start: async (partitions, signal) => {
        const starts = await startOffsets({ driver, log, stream, group, from, onOffsetLost }, partitions, signal);
        await this.#takeUnknown(partitions);
        return starts;
      },
      begun: () => this.#begun(epoch),
      changed,
      lost: (deliveries) => options.onLost?.(deliveries),
      waiting: (error) => this.#waits(error),
      ready: () => this.#goesOn(),
      failed,
    });
  }

  #waits({ message }: BackboneError): void {
    this.#isWaiting = true;
    this.#input.report({ kind: 'waiting', reason: message });
  }

  #goesOn(): void {
    if (this.#isWaiting) this.#input.report({ kind: 'ready' });
    this.#isWaiting = false;
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
    const { epoch } = this.#input.log.group(this.#input.options.group).epoch ?? {};
    if (epoch !== undefined && epoch !== this.#epoch) this.#leaveEpoch();
    else void this.#takeUnknown([...(this.#membership?.owned.keys() ?? [])]);
  }

  /** The group was reset: what is in hand belongs to the past. */
  #leaveEpoch(): void {
    const before = this.#membership;
    this.#membership = undefined;
    this.#epoch = this.#input.log.group(this.#input.options.group).epoch?.epoch ?? 0;
    const lost = before?.inHand ?? [];
    if (lost.length > 0) this.#input.options.onLost?.(lost);
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
      this.#input.report({ kind: 'fault', reason: channelError('redriving dead letters', error).message });
    }
  }

  #handles(type: string | undefined): boolean {
    return type !== undefined && this.#input.options.types?.includes(type) === true;
  }

  /** From its first commit on, a group that has none is one that Kafka has forgotten. */
  async #begun(epoch: number): Promise<void> {
    const { log, options } = this.#input;
    const known = log.group(options.group).epoch;
    if (this.#isBegun || known?.epoch !== epoch) return;
    if (!known.begun) await log.write([{ group: options.group, fact: { ...known, begun: true } }]);
    this.#isBegun = true;
  }
}
