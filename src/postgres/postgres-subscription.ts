import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackboneError,
  checkedName,
  reportChannel,
  type Batch,
  type Channel,
  type Delivery,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
} from '../core/index.js';
import { backOffMs } from './back-off.js';
import { consumerName } from './consumer-name.js';
import type { Database } from './database.js';
import type { HeldSlot } from './held-slot.js';
import { channelError, failureKind, failureReason, said } from './postgres-failure.js';
import type { PostgresSettings } from './postgres-options.js';
import { redriveUnknown } from './redrive.js';
import type { Mark } from './safe-mark.js';
import { SlotDeliveries } from './slot-deliveries.js';
import { SlotLeases } from './slot-lease.js';
import { SlotReads } from './slot-reads.js';
import { SlotShare } from './slot-share.js';
import { SlotWrites } from './slot-writes.js';
import { streamName } from './stream-name.js';
import type { TableNames } from './table-names.js';
import { lookAgainMs, type WakeUp } from './wake-up.js';

/** What a subscription is made of. */
export interface PostgresSubscriptionInput {
  readonly channel: Channel;
  readonly database: Database;
  readonly tables: TableNames;
  readonly settings: PostgresSettings;
  readonly wakeUp: WakeUp;
  readonly options: SubscribeOptions;
  readonly onClosed: () => void;
}

const END: IteratorResult<Batch> = { done: true, value: undefined };
const DEFAULT_BATCH_SIZE = 100;
const LARGEST_BATCH = 1_000;
/** A transaction that keeps readers waiting for so long is worth a word. */
const LONG_WAIT_MS = 10_000;

/** One consumer of a group: hands out what is in the slots that it holds, and settles it there. */
export class PostgresSubscription implements Subscription {
  readonly #in: PostgresSubscriptionInput;
  readonly #share: SlotShare;
  readonly #deliveries: SlotDeliveries;
  readonly #left = new AbortController();
  #error: BackboneError | undefined;
  #saidCaughtUp = false;
  /** How many looks in a row found nothing. */
  #idle = 0;
  #saidWaiting = false;
  /** After a look that left nothing behind: resolves when there may be something new. */
  #woken: Promise<void> | undefined;
  #failures = 0;
  #iterated = false;
  #closed: Promise<void> | undefined;

  /** @throws BackboneError `EB_NAME` */
  constructor(input: PostgresSubscriptionInput) {
    this.#in = input;
    const { channel, database, tables, settings, wakeUp, options } = input;
    const { stream, from = 'beginning', types } = options;
    const group = checkedName('group', options.group);
    const consumer = checkedName('consumer', options.consumer ?? consumerName());
    const owner = { stream: streamName(stream), group, consumer, leaseMs: settings.leaseMs };
    this.#share = new SlotShare({
      ...{ channel, settings, wakeUp, stream, group, consumer, from, types: types ?? [] },
      leases: new SlotLeases(database, tables, owner),
      alone: (work) => this.#deliveries.alone(work),
      redriveUnknown: (slots) => redriveUnknown(database, tables, { ...owner, slots, types: types ?? [] }),
      onLost: (slots) => this.#lose(slots),
      onFatal: (error) => {
        this.#error = error;
        wakeUp.notify('events');
      },
    });
    this.#deliveries = new SlotDeliveries({
      ...{ share: this.#share, types, parkKeys: options.parkKeys ?? false },
      reads: new SlotReads(database, tables, owner),
      writes: new SlotWrites(database, tables, owner),
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    if (this.#iterated) throw new BackboneError('EB_ARGUMENT', 'a subscription can be iterated once; subscribe again');
    this.#iterated = true;
    return {
      next: () => this.#next(),
      return: () => {
        this.#leave();
        return Promise.resolve(END);
      },
    };
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    this.#refuseClosed();
    const lost = await said('settling', () => this.#deliveries.settle(settlements));
    // A slot that is to be given back waits for this.
    if ([...this.#share.held.values()].some((slot) => slot.hasLeft(Infinity))) this.#in.wakeUp.notify('groups');
    return lost;
  }

  async record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    this.#refuseClosed();
    await said('remembering', () => this.#deliveries.record(deliveries, what));
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #next(): Promise<IteratorResult<Batch>> {
    const { wakeUp, settings } = this.#in;
    if (!this.#hasLeft()) {
      wakeUp.start();
      this.#share.start();
    }
    await this.#woken;
    while (!this.#hasLeft()) {
      if (this.#error) throw this.#error;
      // Before looking: what comes while it looks must not go unnoticed.
      const stop = new AbortController();
      const jitter = 0.75 + Math.random() / 4;
      const woken = wakeUp.next(settings.pollMs * jitter, stop.signal);
      this.#woken = undefined;
      let again: number | undefined;
      try {
        const { batch, againMs } = await this.#look();
        this.#failures = 0;
        if (batch) {
          if (againMs === undefined) this.#woken = woken;
          else stop.abort();
          return { done: false, value: batch };
        }
        again = againMs;
      } catch (error) {
        stop.abort();
        await this.#recover(error);
        continue;
      }
      await (again === undefined ? woken : Promise.race([woken, wakeUp.next(again, stop.signal)]));
      stop.abort();
    }
    return END;
  }

  async #recover(error: unknown): Promise<void> {
    const kind = failureKind(error);
    if (this.#hasLeft()) return;
    if (kind === 'fatal' || kind === 'missing') throw channelError('reading', error);
    this.#failures += 1;
    if (this.#failures === 1) this.#report('fault', failureReason(error));
    await sleep(backOffMs(this.#failures), undefined, { signal: this.#left.signal }).catch(() => undefined);
  }

  /** One look at what there is: what to hand out, and when to look again unless only a wake-up can bring more. */
  async #look(): Promise<{ batch?: Batch; againMs?: number }> {
    const { batchSize = DEFAULT_BATCH_SIZE } = this.#in.options;
    const count = Math.min(Math.max(1, Math.trunc(batchSize)), LARGEST_BATCH);
    const taken = await this.#deliveries.take(count);
    if (!taken) return {};
    const { deliveries, mark, isAll, parked } = taken;
    this.#watch(mark);
    if (parked > 0) this.#report('parked', undefined, parked);
    const caughtUp = isAll && this.#share.isComplete && mark.safe === mark.last;
    const isNews = deliveries.length > 0 || (caughtUp && !this.#saidCaughtUp);
    const againMs = isAll ? lookAgainMs(mark, this.#idle) : 0;
    this.#idle = deliveries.length > 0 ? 0 : this.#idle + 1;
    if (isNews) this.#saidCaughtUp = caughtUp;
    return { ...(isNews && { batch: { deliveries, caughtUp } }), ...(againMs !== undefined && { againMs }) };
  }

  /** Says it once when somebody keeps readers waiting for long. */
  #watch({ appending, waitingMs }: Mark): void {
    const isLong = waitingMs >= Math.min(LONG_WAIT_MS, this.#in.settings.leaseMs);
    if (isLong && !this.#saidWaiting) {
      const who = [...new Set(appending)].join(', ');
      this.#report('waiting', `readers wait for a transaction that has appended and is not over, of process ${who}`);
    }
    this.#saidWaiting = isLong;
  }

  #lose(slots: readonly HeldSlot[]): void {
    const lost = slots.flatMap(({ inHand }) => [...inHand.values()].map(({ delivery }) => delivery));
    for (const { inHand } of slots) inHand.clear();
    if (lost.length > 0 && !this.#closed) this.#in.options.onLost?.(lost);
  }

  #hasLeft(): boolean {
    return this.#left.signal.aborted;
  }

  #leave(): void {
    if (this.#hasLeft()) return;
    this.#left.abort();
    this.#share.leave();
  }

  #refuseClosed(): void {
    if (!this.#closed) return;
    throw new BackboneError('EB_CLOSED', 'the subscription is closed; its deliveries were given back');
  }

  async #close(): Promise<void> {
    this.#leave();
    await this.#share.close();
    this.#in.onClosed();
  }

  #report(kind: 'fault' | 'waiting' | 'parked', reason?: string, count?: number): void {
    const { channel, options } = this.#in;
    const { stream, group } = options;
    reportChannel({ channel, kind, stream, group, ...(reason !== undefined && { reason }), ...(count && { count }) });
  }
}
