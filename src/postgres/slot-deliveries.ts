import type { Delivery, Settlement } from '../core/index.js';
import type { HeldSlot } from './held-slot.js';
import { numberOf, positionOf } from './native-position.js';
import { endedEvent } from './settlement-input.js';
import type { Mark } from './safe-mark.js';
import type { HandedOut, SlotReads } from './slot-reads.js';
import type { SlotShare } from './slot-share.js';
import type { EndedEvent, SlotWrites } from './slot-writes.js';
import { messageOf } from './stored-event.js';
import { Turns } from './turns.js';

/** What deliveries are made of. */
export interface SlotDeliveriesOptions {
  readonly share: Pick<SlotShare, 'held' | 'lose' | 'confirm'>;
  readonly reads: Pick<SlotReads, 'read'>;
  readonly writes: Pick<SlotWrites, 'settle' | 'record'>;
  /** Fields of these types; of all when absent. */
  readonly types: readonly string[] | undefined;
  readonly parkKeys: boolean;
}

/** What was taken from slots. */
export interface TakenDeliveries {
  readonly deliveries: readonly Delivery[];
  /** How far readers may go now. */
  readonly mark: Mark;
  /** True when there was nothing more to take up to there. */
  readonly isAll: boolean;
  /** How many were set aside at once. */
  readonly parked: number;
}

/** An event that ends, with its id where it is known. */
interface EndedInSlot {
  readonly slot: HeldSlot;
  readonly position: bigint;
  readonly id: string | null;
}

/**
 * Takes deliveries from the slots that a consumer holds, one look at a time, and stores what becomes of them, one call at a
 * time. One need not wait for the other: a look changes nothing below where it begins, and settling nothing above it.
 */
export class SlotDeliveries {
  readonly #o: SlotDeliveriesOptions;
  readonly #looks = new Turns();
  /** So that what is settled later is also stored later. */
  readonly #writes = new Turns();
  readonly #types: ReadonlySet<string> | undefined;
  /** Set aside by the server, while their slots do not count them as settled yet. */
  #parked: readonly EndedInSlot[] = [];

  constructor(options: SlotDeliveriesOptions) {
    this.#o = options;
    this.#types = options.types && new Set(options.types);
  }

  /** Runs work on the slots while nothing else does. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#looks.run(() => this.#writes.run(work));
  }

  /** Takes up to so many events; nothing when this consumer holds no slot that it may read. */
  take(count: number): Promise<TakenDeliveries | undefined> {
    return this.#looks.run(() => this.#take(count));
  }

  /** Ends deliveries; returns those that this consumer no longer owned. */
  settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    return this.#writes.run(() => this.#settle(settlements));
  }

  /** Remembers something about deliveries in hand. */
  record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    return this.#writes.run(() => this.#record(deliveries, what));
  }

  async #take(count: number): Promise<TakenDeliveries | undefined> {
    const held = [...this.#o.share.held.values()].filter(({ isLeaving }) => !isLeaving);
    if (held.length === 0) return undefined;
    const { share, reads, types, parkKeys } = this.#o;
    const { mark, readTo, events, refused } = await reads.read({ held, count, types, parkKeys });
    if (refused.length > 0) await share.confirm(held.filter(({ slot }) => refused.includes(slot)));
    const parked: EndedInSlot[] = [];
    const deliveries: Delivery[] = [];
    for (const event of events) {
      const slot = share.held.get(event.slot);
      if (!slot) continue;
      const position = BigInt(event.row.position);
      slot.handedOut(position);
      if (event.isParked) parked.push({ slot, position, id: event.row.id });
      else {
        const delivery = this.#delivery(event, position <= slot.replayedTo);
        slot.inHand.set(position, { delivery, starts: 0 });
        deliveries.push(delivery);
      }
    }
    this.#parked = [...this.#parked, ...parked];
    if (this.#parked.length > 0) {
      const stored = this.#writes.run(() => this.#storeParked());
      // What was taken is handed out, whatever becomes of that; the next look tries it again.
      await (deliveries.length > 0 ? stored.catch(() => undefined) : stored);
    }
    const isAll = events.length < count && refused.length === 0 && readTo === mark.safe;
    return { deliveries, mark, isAll, parked: parked.length };
  }

  async #settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    const own = settlements.flatMap((settlement) => {
      const holding = this.#holding(settlement.delivery);
      return holding ? { ...holding, settlement, id: settlement.delivery.message?.id ?? null } : [];
    });
    const held = await this.#store(
      own,
      own.map(({ slot, position, settlement }) => endedEvent(slot.slot, String(position), settlement)),
    );
    const ended = new Set(own.filter(({ slot }) => held.has(slot.slot)).map(({ settlement }) => settlement.delivery));
    return settlements.map(({ delivery }) => delivery).filter((delivery) => !ended.has(delivery));
  }

  async #record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    const own = deliveries.flatMap((delivery) => this.#holding(delivery) ?? []);
    if (own.length === 0) return;
    const events = own.map(({ slot: { slot, epoch }, position }) => ({ slot, epoch, position: String(position) }));
    const held = await this.#o.writes.record(events, what);
    for (const { slot, position } of own) {
      const inHand = slot.inHand.get(position);
      if (what === 'start' && inHand && held.has(slot.slot)) inHand.starts += 1;
    }
  }

  #delivery({ row, deliveries, past }: HandedOut, wasFinished: boolean): Delivery {
    const message = messageOf(row);
    const fieldsOmitted = this.#types?.has(row.type) === false;
    return {
      position: positionOf(row.position),
      appendedAt: Number(row.appended_at),
      deliveries,
      ...(past && { past }),
      message,
      ...(fieldsOmitted && { fieldsOmitted }),
      ...(wasFinished && past?.redriven !== true && { replayed: true }),
    };
  }

  async #storeParked(): Promise<void> {
    const { held } = this.#o.share;
    await this.#store(
      this.#parked.filter(({ slot }) => held.get(slot.slot) === slot),
      [],
    );
    this.#parked = [];
  }

  /** Stores how far the slots are settled, and what else becomes of the events; returns the slots that are held. */
  async #store(ended: readonly EndedInSlot[], events: readonly EndedEvent[]): Promise<ReadonlySet<number>> {
    if (ended.length === 0) return new Set();
    const bySlot = new Map<HeldSlot, Map<bigint, string | null>>();
    for (const { slot, position, id } of ended) {
      const positions = bySlot.get(slot) ?? new Map<bigint, string | null>();
      bySlot.set(slot, positions.set(position, id));
    }
    const progress = [...bySlot].map(([slot, positions]) => slot.progress(positions)).sort((a, b) => a.slot - b.slot);
    const held = await this.#o.writes.settle(progress, events);
    for (const [slot, positions] of bySlot) if (held.has(slot.slot)) slot.settled(positions);
    this.#o.share.lose([...bySlot.keys()].filter(({ slot }) => !held.has(slot)));
    return held;
  }

  #holding(delivery: Delivery): { readonly slot: HeldSlot; readonly position: bigint } | undefined {
    const position = numberOf(delivery.position);
    for (const slot of this.#o.share.held.values()) if (slot.holds(position, delivery)) return { slot, position };
    return undefined;
  }
}
