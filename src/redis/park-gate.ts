import type { DeadLetterReason, Delivery } from '../core/index.js';
import type { ReadRecord } from './record.js';
import type { GroupOnServer } from './redrive.js';
import { SETTLE } from './scripts/delivery.js';
import { letterKeys, RESUMED } from './scripts/letters.js';
import { settleArguments } from './settle-arguments.js';

/** What a gate works with. */
export interface ParkGateOptions extends GroupOnServer {
  readonly consumer: string;
  readonly onParked: (count: number) => void;
}

const PARKED: DeadLetterReason = Object.freeze({
  kind: 'parked',
  code: 'EB_PARKED',
  error: 'EB_PARKED: an earlier event of its key was set aside; redriving one of them redrives all in their order',
  attempts: 0,
});

/** Keeps the events of parked keys from being handed out, and newer ones of a redriven key until the redriven are. */
export class ParkGate {
  readonly #o: ParkGateOptions;
  readonly #marks = new Map<string, string>();
  #heldBack = false;

  constructor(options: ParkGateOptions) {
    this.#o = options;
  }

  /** True when something was held back that this consumer owns and has to read again, once redriven events are here. */
  get heldBack(): boolean {
    return this.#heldBack;
  }

  /** Sets events of parked keys aside; returns those that may be handed out now. */
  async sift(deliveries: readonly ReadRecord[]): Promise<readonly ReadRecord[]> {
    const keys = [...new Set(deliveries.flatMap(({ message }) => message?.key ?? []))];
    if (keys.length === 0) return deliveries;
    const { parked, marks } = await this.#standing(keys);
    if (parked.size === 0 && marks.size === 0) return deliveries;
    const keyOf = ({ message }: Delivery) => message?.key ?? '';
    await this.#setAside(deliveries.filter((delivery) => parked.has(keyOf(delivery))));
    const pass: ReadRecord[] = [];
    for (const delivery of deliveries) {
      const key = keyOf(delivery);
      const mark = marks.get(key);
      if (parked.has(key)) continue;
      if (mark === undefined || delivery.past?.redriven === true) {
        pass.push(delivery);
      } else {
        this.#marks.set(key, mark);
        this.#heldBack = true;
      }
    }
    return pass;
  }

  /** Lets the keys go on whose redriven events have been handed out. */
  async resume(): Promise<void> {
    const { connection, keys, group } = this.#o;
    const marks = [...this.#marks].flat();
    if (marks.length > 0) await connection.run(RESUMED, [keys.group(group)], marks);
    this.#marks.clear();
    this.#heldBack = false;
  }

  async #standing(keys: readonly string[]) {
    const { connection, keys: own, group } = this.#o;
    const { client } = connection;
    const [counts, marks] = await connection.within(
      Promise.all([
        client.hmget(own.parked(group), ...keys),
        client.hmget(own.group(group), ...keys.map((key) => `resuming:${key}`)),
      ]),
    );
    const resuming = keys.map((key, i) => [key, marks[i] ?? undefined] as const);
    return {
      parked: new Set(keys.filter((_, i) => typeof counts[i] === 'string')),
      marks: new Map(resuming.filter((each): each is [string, string] => each[1] !== undefined)),
    };
  }

  async #setAside(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const { connection, keys, group, groupName, consumer, onParked } = this.#o;
    const settlements = deliveries.map((delivery) => ({ delivery, deadLetter: PARKED, park: true }));
    const args = settleArguments(groupName, consumer, settlements, 'parked');
    const left = (await connection.run(SETTLE, letterKeys(keys, group), args)) as string[];
    // Redriven in this very moment: they come again with the rest of what this consumer owns.
    if (left.length > 0) this.#heldBack = true;
    if (left.length < deliveries.length) onParked(deliveries.length - left.length);
  }
}
