import type { Delivery, Settlement } from './delivery.js';

/** A key that was parked because of an event. */
interface Parked {
  readonly by: Delivery;
  /** The last read that may still bring what was handed out before the server knew of the park. */
  lastRead: number;
}

/**
 * Knows which deliveries of this consumer belong to a key that it has parked, and must not run: those that were handed
 * out before the server knew. What is handed out afterwards may run, for the server holds back what may not: it was
 * redriven, or the key goes on.
 */
export class ParkedKeys {
  readonly #keys = new Map<string, Parked>();
  readonly #later = new WeakMap<Delivery, Parked>();
  #reads = 0;

  /** An event has failed for good: the later ones of its key in hand are held back from now on. */
  park(key: string, by: Delivery): void {
    this.#keys.set(key, { by, lastRead: Infinity });
  }

  /** A read begins; forgets the keys of which no delivery from before the park is left. */
  onRead(isInHand: (key: string) => boolean): void {
    this.#reads += 1;
    for (const [key, { lastRead }] of this.#keys) {
      if (lastRead < this.#reads && !isInHand(key)) this.#keys.delete(key);
    }
  }

  /** The read that began last has brought this. */
  onDelivery(delivery: Delivery): void {
    if (this.#keys.size === 0) return;
    const parked = this.#keys.get(delivery.message?.key ?? '');
    if (!parked) return;
    // It can come again only after a redrive, however long ago this read began; the others come behind it.
    if (isSame(parked.by, delivery)) parked.lastRead = -1;
    if (parked.lastRead < this.#reads) this.#later.set(delivery, parked);
  }

  /** The server has confirmed settlements, and does not know of those that were lost. */
  onSettled(settlements: readonly Settlement[], lost: readonly Delivery[]): void {
    for (const { delivery, park } of settlements) {
      const key = delivery.message?.key ?? '';
      const parked = park === true ? this.#keys.get(key) : undefined;
      if (parked?.by !== delivery) continue;
      if (lost.includes(delivery)) this.#keys.delete(key);
      else parked.lastRead = Math.min(parked.lastRead, this.#reads);
    }
  }

  /** Whether this delivery must be set aside; one that may run ends the parking of its key here. */
  holds(key: string, delivery: Delivery): boolean {
    const parked = this.#keys.get(key);
    if (!parked) return false;
    const runs = this.#later.get(delivery) === parked;
    if (runs) this.#keys.delete(key);
    return !runs;
  }
}

function isSame({ position: a }: Delivery, { position: b }: Delivery): boolean {
  return a.partition === b.partition && a.id === b.id;
}
