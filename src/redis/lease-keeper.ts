import { comparePositions, type Delivery } from '../core/index.js';
import { epochOf, type StreamKeys } from './keys.js';
import type { RedisConnections } from './redis-connections.js';
import { failureKind } from './redis-failure.js';
import { RENEW } from './scripts/delivery.js';

const IDS_PER_CALL = 500;

/** What a lease keeper works with. */
export interface LeaseKeeperOptions {
  readonly connections: RedisConnections;
  readonly keys: StreamKeys;
  readonly group: string;
  readonly consumer: string;
  readonly leaseMs: number;
  readonly onLost: (deliveries: readonly Delivery[]) => void;
}

/** Knows the deliveries in flight and keeps others from claiming them, as long as this process can beat. */
export class LeaseKeeper {
  readonly #o: LeaseKeeperOptions;
  readonly #inFlight = new Map<string, Delivery>();
  #timer: NodeJS.Timeout | undefined;
  #beating = false;
  /** The group's name on the server; empty while there is none. */
  groupName = '';

  constructor(options: LeaseKeeperOptions) {
    this.#o = options;
  }

  has(id: string): boolean {
    return this.#inFlight.has(id);
  }

  /** True for this very delivery of an event, not for an earlier one that was lost. */
  holds({ position }: Delivery): boolean {
    return this.#inFlight.get(position.id)?.position === position;
  }

  add(delivery: Delivery): void {
    this.#inFlight.set(delivery.position.id, delivery);
    this.#timer ??= setInterval(() => void this.#beat(), this.#o.leaseMs / 3).unref();
  }

  remove(id: string): void {
    this.#inFlight.delete(id);
  }

  /** All deliveries in flight. */
  held(): readonly Delivery[] {
    return [...this.#inFlight.values()];
  }

  /** The lowest id in flight. */
  lowest(): string | undefined {
    let lowest: Delivery | undefined;
    for (const delivery of this.#inFlight.values()) {
      if (!lowest || comparePositions(delivery.position, lowest.position) < 0) lowest = delivery;
    }
    return lowest?.position.id;
  }

  /** Forgets these deliveries, all when none are named, and tells their handlers. */
  lose(ids: Iterable<string> = [...this.#inFlight.keys()]): void {
    const lost: Delivery[] = [];
    for (const id of ids) {
      const delivery = this.#inFlight.get(id);
      if (delivery) lost.push(delivery);
      this.#inFlight.delete(id);
    }
    if (lost.length > 0) this.#o.onLost(lost);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#inFlight.size === 0 || this.groupName === '') return;
    this.#beating = true;
    const { connections, keys, consumer } = this.#o;
    try {
      const ids = [...this.#inFlight.keys()];
      for (let i = 0; i < ids.length; i += IDS_PER_CALL) {
        const some = ids.slice(i, i + IDS_PER_CALL).filter((id) => this.has(id));
        if (some.length === 0) continue;
        const args = [this.groupName, consumer, 'beat', ...some];
        // One that was settled while the beat was on its way is not lost.
        this.lose((await connections.main.run(RENEW, [keys.stream], args)) as readonly string[]);
      }
    } catch (error) {
      // While the server is away the next beat decides, or the claim of another consumer.
      if (failureKind(error) === 'noGroup' && (await this.#wasReset())) this.lose();
    } finally {
      this.#beating = false;
    }
  }
  /** A group that is gone in its own epoch is found again, and needs to know then what was in flight. */
  async #wasReset(): Promise<boolean> {
    const { connections, keys, group } = this.#o;
    const epoch = await connections.main.client.hget(keys.group(group), 'epoch').catch(() => null);
    return epoch !== null && this.groupName !== '' && epoch !== epochOf(this.groupName);
  }
}
