import type { Member } from './member.js';

/** An event in a consumer's hand. */
export interface HeldEvent {
  readonly owner: Member;
  readonly key: string;
  /** How often it was handed out, this time included. */
  readonly deliveries: number;
  /** How often its handler was started on it this time. */
  starts: number;
}

/** What consumers have in their hands. The events of a key are in one hand at a time, so that they stay in order. */
export class HeldEvents {
  readonly #events = new Map<number, HeldEvent>();
  readonly #keys = new Map<string, { readonly owner: Member; count: number }>();

  get size(): number {
    return this.#events.size;
  }

  numbers(): Iterable<number> {
    return this.#events.keys();
  }

  has(number: number): boolean {
    return this.#events.has(number);
  }

  /** The event of this number, if it is in the hand of this consumer. */
  of(owner: Member, number: number): HeldEvent | undefined {
    const event = this.#events.get(number);
    return event?.owner === owner ? event : undefined;
  }

  /** What a consumer has in its hand. */
  allOf(owner: Member): readonly (readonly [number, HeldEvent])[] {
    return [...this.#events].filter(([, event]) => event.owner === owner);
  }

  /** Whether a consumer may be handed events of a key. */
  isOpenTo(owner: Member, key: string): boolean {
    const holder = this.#keys.get(key);
    return !holder || holder.owner === owner;
  }

  add(number: number, event: HeldEvent): void {
    this.#events.set(number, event);
    const holder = this.#keys.get(event.key);
    if (holder) holder.count += 1;
    else this.#keys.set(event.key, { owner: event.owner, count: 1 });
  }

  /** Takes an event out of its consumer's hand; tells whether that was the last one of its key. */
  delete(number: number): boolean {
    const event = this.#events.get(number);
    if (!event) return false;
    this.#events.delete(number);
    const holder = this.#keys.get(event.key);
    return holder !== undefined && (holder.count -= 1) === 0 && this.#keys.delete(event.key);
  }

  clear(): void {
    this.#events.clear();
    this.#keys.clear();
  }
}
