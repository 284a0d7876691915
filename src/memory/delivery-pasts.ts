import type { DeliveryPast } from '../core/index.js';

const NOTHING: DeliveryPast = Object.freeze({ failures: 0, crashes: 0, redriven: false });

/** What a group remembers about events that it has not settled: nothing about nearly all. */
export class DeliveryPasts {
  readonly #pasts = new Map<number, DeliveryPast>();

  /** How many events have failed before. */
  get retrying(): number {
    return [...this.#pasts.values()].filter(({ failures }) => failures > 0).length;
  }

  of(number: number): DeliveryPast | undefined {
    return this.#pasts.get(number);
  }

  failed(number: number): void {
    const past = this.#pasts.get(number) ?? NOTHING;
    this.#pasts.set(number, { ...past, failures: past.failures + 1 });
  }

  /** Counts starts; what is less than nothing takes them back. */
  started(number: number, starts: number): void {
    const past = this.#pasts.get(number) ?? NOTHING;
    const crashes = past.crashes + starts;
    if (crashes === 0 && past.failures === 0 && !past.redriven) this.#pasts.delete(number);
    else this.#pasts.set(number, { ...past, crashes });
  }

  /** Begins anew with an event that was a dead letter. */
  redriven(number: number): void {
    this.#pasts.set(number, { ...NOTHING, redriven: true });
  }

  forget(number: number): void {
    this.#pasts.delete(number);
  }

  clear(): void {
    this.#pasts.clear();
  }
}
