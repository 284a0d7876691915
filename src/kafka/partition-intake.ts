import type { Delivery } from '../core/index.js';
import { isPassedBy, readEvent, type EventRead } from './event-record.js';
import type { StoredRecord } from './kafka-driver.js';
import type { PartitionStart } from './start-offsets.js';
import { SettledPrefix, type OpenRecord } from './settled-prefix.js';
import { SharedTexts } from './shared-texts.js';

interface Held {
  readonly delivery: Delivery;
  readonly opened: OpenRecord;
  /** Kept for dead letters, which hold a copy. */
  readonly record: StoredRecord;
}

/** What a member has of one partition: records that wait, events in hand, and how far all is settled. */
export class PartitionIntake {
  /** What the server knows to be finished; nothing when it knows nothing. */
  committed: bigint | undefined;
  readonly #group: string;
  readonly #replayedTo: bigint;
  readonly #prefix: SettledPrefix;
  readonly #shared = new SharedTexts();
  /** By the id of the position. */
  readonly #inHand = new Map<string, Held>();
  #waiting: readonly StoredRecord[] = [];
  /** How many of those that wait were taken: cutting them off each time would move all others. */
  #taken = 0;
  #high: bigint;
  #stopped = false;
  #onRoom: () => void = () => undefined;

  constructor(group: string, { offset, committed, high, replayedTo }: Omit<PartitionStart, 'partition'>) {
    this.#group = group;
    this.#replayedTo = replayedTo;
    this.#prefix = new SettledPrefix(offset);
    this.committed = committed;
    this.#high = high;
  }

  /** Where to read on. */
  get next(): bigint {
    return this.#prefix.next;
  }

  /** Where the partition ended when it was last heard of. */
  get high(): bigint {
    return this.#high;
  }

  get inHand(): readonly Delivery[] {
    return Array.from(this.#inHand.values(), ({ delivery }) => delivery);
  }

  get isIdle(): boolean {
    return this.#inHand.size === 0;
  }

  get isCaughtUp(): boolean {
    return this.#waits === 0 && this.#prefix.next >= this.#high;
  }

  /** What is to be committed; nothing when the server knows it. */
  get commitment(): bigint | undefined {
    return this.#prefix.committable === this.committed ? undefined : this.#prefix.committable;
  }

  /** Takes records in; resolves when fewer wait than `room`, or when no more are wanted. */
  add(records: readonly StoredRecord[], high: bigint, room: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#high = high;
    const newest = (this.#waits > 0 ? this.#waiting.at(-1)?.offset : undefined) ?? this.#prefix.next - 1n;
    // After a rebalance the client may begin again at what was committed.
    const begin = records.findIndex(({ offset }) => offset > newest);
    const fresh = begin > 0 ? records.slice(begin) : begin === 0 ? records : [];
    this.#waiting = this.#waits > 0 ? [...this.#waiting.slice(this.#taken), ...fresh] : fresh;
    this.#taken = 0;
    if (this.#waits < room) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onRoom = () => {
        if (this.#waits < room) resolve();
      };
    });
  }

  /** Takes up to so many events into the hand. */
  take(max: number): readonly EventRead[] {
    const taken: EventRead[] = [];
    while (taken.length < max) {
      const record = this.#waiting[this.#taken];
      if (!record) break;
      this.#taken += 1;
      const opened = this.#prefix.open(record.offset);
      if (isPassedBy(record, this.#group)) {
        this.#prefix.settle(opened);
        continue;
      }
      const event = readEvent(record, undefined, this.#shared);
      const { delivery } = event;
      if (record.offset < this.#replayedTo) delivery.replayed = true;
      this.#inHand.set(delivery.position.id, { delivery, opened, record });
      taken.push(event);
    }
    if (this.#waits === 0) this.#forget();
    this.#onRoom();
    return taken;
  }

  /** True for this very delivery in the hand, not for an earlier one of the same event. */
  holds({ position }: Delivery): boolean {
    return this.#inHand.get(position.id)?.delivery.position === position;
  }

  /** The record of a delivery in the hand. */
  recordOf({ position }: Delivery): StoredRecord | undefined {
    return this.#inHand.get(position.id)?.record;
  }

  /** Ends a delivery in the hand. */
  settle({ position }: Delivery): void {
    const held = this.#inHand.get(position.id);
    if (!held) return;
    this.#inHand.delete(position.id);
    this.#prefix.settle(held.opened);
  }

  /** Lets go of what waits: it is read again by whoever has the partition next. */
  stop(): void {
    this.#stopped = true;
    this.#forget();
    this.#onRoom();
  }

  /** Goes on with what is in the hand, the partition having come back. */
  resume(high: bigint): void {
    this.#stopped = false;
    this.#high = high;
  }

  get #waits(): number {
    return this.#waiting.length - this.#taken;
  }

  #forget(): void {
    this.#waiting = [];
    this.#taken = 0;
  }
}
