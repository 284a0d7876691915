import type { DeadLetterReason, Delivery, DeliveryPast, GroupState, Settlement } from '../core/index.js';
import { DeliveryPasts } from './delivery-pasts.js';
import { GroupLetters } from './group-letters.js';
import type { GroupSource } from './group-source.js';
import { HeldEvents } from './held-events.js';
import type { Member } from './member.js';
import { numberOf, positionOf } from './memory-position.js';
import type { StoredEvent } from './stored-event.js';
import { WaitingEvents } from './waiting-events.js';

// How many events may wait before a consumer looks no further for keys that it may be handed.
const LOOK_AHEAD = 1_000;

const PARKED: DeadLetterReason = Object.freeze({
  kind: 'parked',
  code: 'EB_PARKED',
  error: 'EB_PARKED: an earlier event of its key was set aside; redrive that one, and this one follows it',
  attempts: 0,
});

/** An event on its way to a consumer. */
export interface TakenEvent {
  readonly event: StoredEvent;
  readonly deliveries: number;
  readonly past: DeliveryPast | undefined;
  readonly replayed: boolean;
}

/** How far a group has come: what was handed out to whom, what waits, what was set aside. */
export class MemoryGroup {
  readonly members = new Set<Member>();
  readonly letters = new GroupLetters();
  readonly #name: string;
  readonly #source: GroupSource;
  readonly #changed: () => void;
  readonly #held = new HeldEvents();
  readonly #waiting = new WaitingEvents();
  readonly #pasts = new DeliveryPasts();
  readonly #types = new Set<string>();
  #reach = 0;
  #delivered = 0;
  /** Where the last reset had put it. */
  #began = 0;
  /** Up to here it had finished everything when a reset moved it back. */
  #replayedTo = 0;

  constructor(name: string, source: GroupSource, changed: () => void) {
    this.#name = name;
    this.#source = source;
    this.#changed = changed;
  }

  get state(): GroupState {
    const { last } = this.#source;
    const waiting = [...this.#waiting];
    const fresh = [
      ...waiting.filter(({ deliveries }) => deliveries === 0).flatMap(({ number }) => this.#source.at(number) ?? []),
      ...this.#source.between(this.#reach, last),
    ];
    const again = waiting.filter(({ deliveries }) => deliveries > 0).map(({ number }) => number);
    const pending = [...this.#held.numbers(), ...again].sort((a, b) => a - b);
    return {
      group: this.#name,
      consumers: this.members.size,
      pending: pending.length,
      lag: fresh.length,
      oldestWaitingAt: fresh[0]?.appendedAt,
      oldestPendingAt: this.#source.at(pending[0] ?? 0)?.appendedAt,
      retrying: this.#pasts.retrying,
      deadLetters: this.letters.size,
      parkedKeys: this.letters.parkedKeys,
      delivered: this.#delivered === 0 ? [] : [positionOf(this.#delivered)],
      members: [...this.members].map((member) => ({ name: member.name, pending: this.#held.allOf(member).length })),
    };
  }

  /** Up to where everything is settled. */
  get finished(): number {
    let finished = this.#reach;
    for (const { number } of this.#waiting) finished = Math.min(finished, number - 1);
    for (const number of this.#held.numbers()) finished = Math.min(finished, number - 1);
    return finished;
  }

  /** Whether something is in work, or waits for a consumer that reads. */
  get busy(): boolean {
    if (this.#held.size > 0) return true;
    return this.hasMore && [...this.members].some((member) => member.reading);
  }

  /** Whether there is something to hand out. */
  get hasMore(): boolean {
    return this.#waiting.size > 0 || this.#reach < this.#source.last;
  }

  /** Lets a consumer in, and remembers what it handles. */
  join(member: Member): void {
    this.members.add(member);
    for (const type of member.types ?? []) this.#types.add(type);
  }

  /** Hands out events: dead letters that only this consumer handles, then what waits, then what is new. */
  take(owner: Member, max: number): readonly TakenEvent[] {
    const taken = this.#takeUnknown(owner, max);
    for (const { number, key, deliveries } of this.#waiting) {
      if (taken.length >= max) break;
      const isParked = this.#isParked(owner, key);
      if (!isParked && !this.#held.isOpenTo(owner, key)) continue;
      this.#waiting.delete(number);
      if (isParked) this.#setAside(number, PARKED);
      else taken.push(...this.#hand(owner, number, deliveries));
    }
    while (taken.length < max && this.#reach < this.#source.last && this.#waiting.size < LOOK_AHEAD) {
      const number = (this.#reach += 1);
      const key = this.#source.at(number)?.message.key;
      if (key === undefined) continue;
      if (this.#isParked(owner, key)) this.#setAside(number, PARKED);
      else if (this.#held.isOpenTo(owner, key) && !this.#waiting.holdsUp(key)) taken.push(...this.#hand(owner, number));
      else this.#waiting.add({ number, key, deliveries: 0 });
    }
    return taken.sort((a, b) => a.event.number - b.event.number);
  }

  /** Ends events for good; returns the deliveries that the consumer did not own. */
  settle(owner: Member, settlements: readonly Settlement[]): readonly Delivery[] {
    const lost: Delivery[] = [];
    let frees = false;
    for (const settlement of settlements) {
      const { delivery } = settlement;
      const number = numberOf(delivery.position);
      if (this.#held.of(owner, number)) frees = this.#end(number, settlement) || frees;
      else lost.push(delivery);
    }
    // A consumer that waits has looked at everything; only a key that is free now can hold something for it.
    if (frees) this.wake();
    this.#changed();
    return lost;
  }

  /** Remembers what became of events in a consumer's hand. */
  record(owner: Member, deliveries: readonly Delivery[], what: 'failure' | 'start'): void {
    for (const { position } of deliveries) {
      const number = numberOf(position);
      const held = this.#held.of(owner, number);
      if (!held) continue;
      if (what === 'failure') this.#pasts.failed(number);
      else this.#pasts.started(number, 1);
      if (what === 'start') held.starts += 1;
    }
  }

  /** Takes back what a consumer holds, for the others. */
  giveBack(owner: Member): void {
    for (const [number, { key, deliveries, starts }] of this.#held.allOf(owner)) {
      this.#held.delete(number);
      if (starts > 0) this.#pasts.started(number, -starts);
      this.#waiting.add({ number, key, deliveries });
    }
    this.members.delete(owner);
    this.#stirred();
  }

  /** A consumer left its iteration; what it holds it may still settle. */
  stopsReading(): void {
    this.#changed();
  }

  /** Hands dead letters out again, with the others of their keys where those are parked; returns how many it found. */
  redrive(numbers: readonly number[]): number {
    // Without its event a letter stays, as the only trace of it.
    const found = [...new Set(numbers)].filter((number) => this.letters.has(number) && this.#source.at(number));
    for (const number of found) this.#redrive(number);
    this.#stirred();
    return found.length;
  }

  /** Goes on after this number, whatever was in work. */
  reset(reach: number): void {
    const { finished } = this;
    // What a reset has passed over was not handed to anybody.
    if (finished > this.#began) this.#replayedTo = Math.max(this.#replayedTo, finished);
    this.#reach = Math.min(Math.max(reach, this.#source.trimmed), this.#source.last);
    this.#delivered = this.#reach;
    this.#began = this.#reach;
    this.#held.clear();
    this.#waiting.clear();
    this.#pasts.clear();
    this.letters.unparkAll();
    for (const member of this.members) member.lose();
    this.#stirred();
  }

  /** Gives up the events that were trimmed although they were not finished. */
  loseTrimmed(): void {
    const unfinished = [...this.#held.numbers(), ...[...this.#waiting].map(({ number }) => number)];
    for (const number of unfinished.filter((each) => !this.#source.at(each))) {
      this.#held.delete(number);
      this.#waiting.delete(number);
      this.#pasts.forget(number);
    }
    this.#stirred();
  }

  /** Tells the consumers that something may be there to take. */
  wake(): void {
    for (const member of this.members) member.wake();
  }

  #stirred(): void {
    this.wake();
    this.#changed();
  }

  #isParked(owner: Member, key: string): boolean {
    return owner.parkKeys && this.letters.isParked(key);
  }

  /** Takes out the dead letters that others could not handle, so that no one else is handed them in between. */
  #takeUnknown(owner: Member, max: number): TakenEvent[] {
    const taken: TakenEvent[] = [];
    for (const number of this.letters.unknownOf(owner.types)) {
      if (taken.length >= max) break;
      const key = this.#source.at(number)?.message.key;
      // Those of a parked key come in their order, so that only the first of them can set the others free.
      if (key === undefined || !this.#held.isOpenTo(owner, key) || this.letters.together(number)[0] !== number)
        continue;
      this.#redrive(number);
      if (!this.#waiting.has(number)) continue;
      this.#waiting.delete(number);
      taken.push(...this.#hand(owner, number, 1));
    }
    return taken;
  }

  #hand(owner: Member, number: number, before = 0): readonly TakenEvent[] {
    const event = this.#source.at(number);
    if (!event) return [];
    const { key } = event.message;
    const deliveries = before + 1;
    this.#held.add(number, { owner, key, deliveries, starts: 0 });
    this.#delivered = Math.max(this.#delivered, number);
    const past = this.#pasts.of(number);
    return [{ event, deliveries, past, replayed: number <= this.#replayedTo && !past?.redriven }];
  }

  /** Ends an event as it is told; tells whether others may take its key now. */
  #end(number: number, { deadLetter, park, unhandled }: Settlement): boolean {
    const { type = '', key = '' } = this.#source.at(number)?.message ?? {};
    const reason = deadLetter ?? (this.#types.has(type) ? unhandled : undefined);
    if (reason) this.#setAside(number, reason);
    if (deadLetter && park) this.letters.park(key);
    this.#pasts.forget(number);
    return this.#held.delete(number);
  }

  #setAside(number: number, reason: DeadLetterReason): void {
    const { id: eventId, type, key } = this.#source.at(number)?.message ?? {};
    const { stream } = this.#source;
    const at = { id: String(number), stream, group: this.#name, position: positionOf(number) };
    this.letters.add(number, { ...reason, ...at, eventId, type, key, time: this.#source.now() });
    this.#pasts.forget(number);
    this.#changed();
  }

  #redrive(asked: number): void {
    const numbers = this.letters.together(asked);
    const key = this.letters.get(asked)?.key;
    if (key !== undefined) this.letters.unpark(key);
    for (const number of numbers) {
      const event = this.#source.at(number);
      if (!event) continue;
      this.letters.delete(number);
      this.#pasts.redriven(number);
      const comesAnyway = number > this.#reach || this.#held.has(number) || this.#waiting.has(number);
      if (comesAnyway) continue;
      this.#waiting.add({ number, key: event.message.key, deliveries: 1 });
    }
  }
}
