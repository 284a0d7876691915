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
import type { EventRead } from './event-record.js';
import { omitFields } from './fill-fields.js';
import type { NewFact } from './group-log.js';
import { GroupFollowing, type FollowingInput } from './group-following.js';
import type { GroupMembership } from './group-membership.js';
import { pauseMs } from './pause-ms.js';

/** What a subscription works with. */
export interface SubscriptionInput extends Omit<FollowingInput, 'room' | 'changed' | 'failed' | 'report'> {
  readonly channel: Channel;
  /** Fetches the fields of events that are not in their records. */
  readonly fill: (events: readonly EventRead[]) => Promise<void>;
  readonly onClosed: () => void;
}

const DEFAULT_BATCH_SIZE = 100;
const LONGEST_PAUSE_MS = 2_000;
const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** One consumer of a group. */
export class KafkaSubscription implements Subscription {
  readonly #input: SubscriptionInput;
  readonly #options: SubscribeOptions;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #closing = new AbortController();
  readonly #following: GroupFollowing;
  #iterated = false;
  #left = false;
  #saidCaughtUp = false;
  #failure: BackboneError | undefined;
  #wake: () => void = () => undefined;
  #changed: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(input: SubscriptionInput) {
    const { options } = input;
    checkedName('group', options.group);
    if (options.consumer !== undefined) checkedName('consumer', options.consumer);
    this.#input = input;
    this.#options = options;
    this.#types = options.types && new Set(options.types);
    this.#following = new GroupFollowing({
      ...input,
      room: this.#batchSize,
      changed: () => this.#wake(),
      failed: (error) => this.#fail(error),
      report: (event) => this.#report(event),
    });
    this.#nextChange();
  }

  get options(): SubscribeOptions {
    return this.#options;
  }

  /** What this consumer has now; nothing while it is not there. */
  get membership(): GroupMembership | undefined {
    return this.#following.membership;
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch, undefined> {
    if (this.#iterated) {
      throw new BackboneError('EB_ARGUMENT', 'this subscription was iterated before; subscribe again to read on');
    }
    this.#iterated = true;
    if (!this.#closing.signal.aborted) void this.#following.start();
    return { next: () => this.#next(), return: () => this.#return() };
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    const membership = this.membership;
    const holds = ({ delivery }: Settlement) =>
      !this.#closing.signal.aborted && this.membership === membership && membership?.holds(delivery) === true;
    await membership?.known();
    const letters = () =>
      settlements
        .filter((settlement) => mayBeLetter(settlement) && holds(settlement))
        .flatMap((settlement) => this.#letterOf(settlement));
    if (letters().length > 0) {
      try {
        // Another process may have reset the group: what was in hand before is nobody's any more.
        await this.#input.log.refresh();
        await this.#input.log.write(letters());
      } catch (error) {
        throw channelError('setting events aside', error);
      }
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

  async #next(): Promise<IteratorResult<Batch, undefined>> {
    for (;;) {
      if (this.#left || this.#closing.signal.aborted) return DONE;
      if (this.#failure) throw this.#failure;
      const changed = this.#changed;
      const membership = this.membership;
      const taken = membership?.take(this.#batchSize) ?? [];
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
        if (attempt > 1) this.#report({ kind: 'ready' });
        // Some may have been taken away meanwhile.
        const isHere = (delivery: Delivery) => this.membership === from && from?.holds(delivery) === true;
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
    const copied = this.membership?.recordOf(delivery);
    if (!reason || !copied) return [];
    const { partition, offset } = copied;
    const { id: eventId, type, key } = message ?? {};
    const place = { kind: 'letter', partition: position.partition, offset, appendedAt } as const;
    return [
      { group, fact: { ...place, eventId, type, key, reason, time: Date.now() }, copied: { ...copied, partition } },
    ];
  }

  #fail(error: BackboneError): void {
    this.#failure ??= error;
    this.#wake();
    this.#following.leave();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await this.#following.close();
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
