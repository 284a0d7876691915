/** An event that its group has passed and must still hand out. */
export interface WaitingEvent {
  readonly number: number;
  readonly key: string;
  /** How often it was handed out before. */
  readonly deliveries: number;
}

/** What a group has passed and must still hand out: given back, redriven, or held up by its key. In stream order. */
export class WaitingEvents implements Iterable<WaitingEvent> {
  #events = new Map<number, WaitingEvent>();
  readonly #keys = new Map<string, number>();
  #newest = 0;
  #inOrder = true;

  get size(): number {
    return this.#events.size;
  }

  has(number: number): boolean {
    return this.#events.has(number);
  }

  /** Whether newer events of a key must wait, too. */
  holdsUp(key: string): boolean {
    return this.#keys.has(key);
  }

  add(event: WaitingEvent): void {
    this.#inOrder &&= event.number > this.#newest;
    this.#newest = Math.max(this.#newest, event.number);
    this.#events.set(event.number, event);
    this.#keys.set(event.key, (this.#keys.get(event.key) ?? 0) + 1);
  }

  delete(number: number): void {
    const event = this.#events.get(number);
    if (!event) return;
    this.#events.delete(number);
    const left = (this.#keys.get(event.key) ?? 0) - 1;
    if (left > 0) this.#keys.set(event.key, left);
    else this.#keys.delete(event.key);
  }

  clear(): void {
    this.#events.clear();
    this.#keys.clear();
    this.#newest = 0;
    this.#inOrder = true;
  }

  /** The events in stream order; each may be deleted while it is looked at. */
  [Symbol.iterator](): Iterator<WaitingEvent> {
    if (!this.#inOrder) {
      this.#events = new Map([...this.#events].sort(([a], [b]) => a - b));
      this.#inOrder = true;
    }
    return this.#events.values();
  }
}
