import type { Delivery } from '../core/index.js';

/** How a slot stands on the server when it is acquired. */
export interface SlotState {
  readonly slot: number;
  readonly epoch: string;
  readonly parks: string;
  readonly checkpoint: bigint;
  readonly delivered: bigint;
  readonly done: readonly bigint[];
  /** Up to here the group had finished everything when a reset moved it back; 0 when none did. */
  readonly replayedTo: bigint;
}

/** How far a slot is settled, as it is to be stored. */
export interface SlotProgress {
  readonly slot: number;
  readonly epoch: string;
  /** Decimal: up to here everything is settled. */
  readonly checkpoint: string;
  /** Settled above that. */
  readonly done: readonly string[];
  /** The id of the event at the checkpoint, where this consumer has seen it. */
  readonly anchor: string | null;
}

/** A delivery in hand. */
export interface InHand {
  readonly delivery: Delivery;
  /** How often its handler was started by this consumer. */
  starts: number;
}

/** A slot that this consumer holds: what it has read of it, what is in hand, and how far it is settled. */
export class HeldSlot {
  readonly slot: number;
  readonly epoch: string;
  readonly replayedTo: bigint;
  /** Counts how often keys of the group were let go: what was read before must be looked at again. */
  parks: string;
  /** What the server has confirmed as handed out: one that knows less has gone back. */
  delivered: bigint;
  /** The last position that was read. */
  cursor: bigint;
  readonly inHand = new Map<bigint, InHand>();
  #checkpoint: bigint;
  #anchor: string | null = null;
  /** Above the checkpoint, with ids where they are known. */
  readonly #done = new Map<bigint, string | null>();
  #leavingSince: number | undefined;

  constructor({ slot, epoch, parks, checkpoint, delivered, done, replayedTo }: SlotState) {
    this.slot = slot;
    this.epoch = epoch;
    this.replayedTo = replayedTo;
    this.parks = parks;
    this.delivered = delivered;
    this.cursor = checkpoint;
    this.#checkpoint = checkpoint;
    for (const position of done) this.#done.set(position, null);
  }

  get isLeaving(): boolean {
    return this.#leavingSince !== undefined;
  }

  /** Reads no more; what is in hand can still be settled. */
  leave(): void {
    this.#leavingSince ??= performance.now();
  }

  /** True once it leaves and nothing is in hand any more, or it has waited so long for that. */
  hasLeft(withinMs: number): boolean {
    if (this.#leavingSince === undefined) return false;
    return this.inHand.size === 0 || performance.now() - this.#leavingSince >= withinMs;
  }

  /** An event of it was read, and the server has noted that. */
  handedOut(position: bigint): void {
    if (position > this.cursor) this.cursor = position;
    if (position > this.delivered) this.delivered = position;
  }

  /** True for this very delivery of an event, not for an earlier one that was lost. */
  holds(position: bigint, delivery: Delivery): boolean {
    return this.inHand.get(position)?.delivery === delivery;
  }

  /** How far the slot is settled once these are, too. */
  progress(ended: ReadonlyMap<bigint, string | null>): SlotProgress {
    const { checkpoint, anchor, done } = this.#after(ended);
    const above = [...done.keys()].sort((a, b) => (a < b ? -1 : 1)).map(String);
    return { slot: this.slot, epoch: this.epoch, checkpoint: String(checkpoint), anchor, done: above };
  }

  /** The server has stored the progress. */
  settled(ended: ReadonlyMap<bigint, string | null>): void {
    const { checkpoint, anchor, done } = this.#after(ended);
    this.#checkpoint = checkpoint;
    this.#anchor = anchor;
    for (const position of ended.keys()) this.inHand.delete(position);
    this.#done.clear();
    for (const [position, id] of done) this.#done.set(position, id);
  }

  #after(ended: ReadonlyMap<bigint, string | null>) {
    let [checkpoint, anchor] = [this.#checkpoint, this.#anchor];
    const done = new Map(this.#done);
    // What was redriven lies below and is settled already.
    for (const [position, id] of ended) if (position > checkpoint) done.set(position, id);
    let lowest: bigint | undefined;
    for (const position of this.inHand.keys()) {
      const isOpen = position > checkpoint && !done.has(position);
      if (isOpen && (lowest === undefined || position < lowest)) lowest = position;
    }
    for (const [position, id] of [...done].sort(([a], [b]) => (a < b ? -1 : 1))) {
      // Above the cursor there may be events that were not read yet.
      if (position > this.cursor || (lowest !== undefined && position > lowest)) break;
      done.delete(position);
      [checkpoint, anchor] = [position, id];
    }
    return { checkpoint, anchor, done };
  }
}
