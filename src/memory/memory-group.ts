import type { Checkpoint, DeadLetter, DeadLetterReason } from '../core/index.js';
import { positionOf } from './memory-position.js';
import type { StoredEvent } from './stored-event.js';

/** Where a group takes its events from. */
export interface GroupSource {
  /** The number before the oldest event that is left. */
  readonly trimmed: number;
  /** The number of the newest event. */
  readonly last: number;
  at(number: number): StoredEvent | undefined;
  between(after: number, until: number): readonly StoredEvent[];
}

/** A consumer of a group, as its group sees it. */
export interface Member {
  /** Whether it still wants to be handed events. */
  readonly reading: boolean;
  /** Something may be there to take. */
  wake(): void;
  /** It no longer owns anything it holds. */
  lose(): void;
}

/** An event in a consumer's hand. */
interface Held {
  readonly owner: Member;
  readonly deliveries: number;
}

/** How far a group has come: what was handed out to whom, what came back, what was set aside. */
export class MemoryGroup {
  readonly members = new Set<Member>();
  readonly letters = new Map<number, DeadLetter>();
  readonly #source: GroupSource;
  readonly #changed: () => void;
  readonly #held = new Map<number, Held>();
  readonly #returned = new Map<number, number>();
  #reach = 0;

  constructor(source: GroupSource, changed: () => void) {
    this.#source = source;
    this.#changed = changed;
  }

  /** The last position handed out. */
  get delivered(): Checkpoint {
    return this.#reach === 0 ? [] : [positionOf(this.#reach)];
  }

  /** How many events were handed out and not settled. */
  get pending(): number {
    return this.#held.size + this.#returned.size;
  }

  /** How many events were never handed out. */
  get lag(): number {
    return this.#source.last - this.#reach;
  }

  /** Up to where everything is settled. */
  get finished(): number {
    let finished = this.#reach;
    for (const unfinished of [this.#held, this.#returned]) {
      for (const number of unfinished.keys()) finished = Math.min(finished, number - 1);
    }
    return finished;
  }

  /** Whether something is in work, or waits for a consumer that reads. */
  get busy(): boolean {
    if (this.#held.size > 0) return true;
    return this.hasMore && [...this.members].some((member) => member.reading);
  }

  /** Whether there is something to take. */
  get hasMore(): boolean {
    return this.#returned.size > 0 || this.lag > 0;
  }

  /** Hands out events, what came back before what is new. */
  take(owner: Member, max: number): readonly { readonly event: StoredEvent; readonly deliveries: number }[] {
    const again = [...this.#returned.keys()].sort((a, b) => a - b).slice(0, max);
    const fresh = this.#source.between(this.#reach, this.#reach + max - again.length);
    this.#reach = fresh.at(-1)?.number ?? this.#reach;
    return [...again.flatMap((number) => this.#source.at(number) ?? []), ...fresh].map((event) => {
      const deliveries = (this.#returned.get(event.number) ?? 0) + 1;
      this.#returned.delete(event.number);
      this.#held.set(event.number, { owner, deliveries });
      return { event, deliveries };
    });
  }

  /** Ends an event for good; tells whether the consumer still owned it. */
  settle(owner: Member, number: number, deadLetter?: DeadLetterReason & Omit<DeadLetter, 'id'>): boolean {
    if (this.#held.get(number)?.owner !== owner) return false;
    this.#held.delete(number);
    if (deadLetter) this.letters.set(number, { ...deadLetter, id: String(number) });
    this.#changed();
    return true;
  }

  /** Takes back what a consumer holds, for the others. */
  giveBack(owner: Member): void {
    for (const [number, held] of this.#held) {
      if (held.owner !== owner) continue;
      this.#held.delete(number);
      this.#returned.set(number, held.deliveries);
    }
    this.members.delete(owner);
    this.wake();
    this.#changed();
  }

  /** A consumer left its iteration; what it holds it may still settle. */
  stopsReading(): void {
    this.#changed();
  }

  /** Hands an event out again although it was settled. */
  redeliver(number: number): void {
    const comesAnyway = number > this.#reach || this.#held.has(number) || this.#returned.has(number);
    if (!comesAnyway) this.#returned.set(number, 1);
    this.wake();
  }

  /** Goes on after this number, whatever was in work. */
  reset(reach: number): void {
    this.#reach = Math.min(Math.max(reach, this.#source.trimmed), this.#source.last);
    this.#held.clear();
    this.#returned.clear();
    for (const member of this.members) member.lose();
    this.wake();
    this.#changed();
  }

  /** Tells the consumers that something may be there to take. */
  wake(): void {
    for (const member of this.members) member.wake();
  }
}
