import type { Position } from '../core/index.js';

/** What its producer learnt about an append; `invoked` until it learns something. */
export type AppendOutcome = 'invoked' | 'ok' | 'failed' | 'unknown';

/** An append began or ended. */
export interface AppendRecord {
  readonly kind: 'append';
  readonly at: number;
  readonly eventId: string;
  readonly key: string;
  readonly outcome: AppendOutcome;
  /** With `ok`. */
  readonly position?: Position;
}

/** An event was handed to a consumer, or its handler began. */
export interface DeliveryRecord {
  readonly kind: 'delivery';
  readonly at: number;
  readonly eventId: string;
  readonly key: string;
  readonly position: Position;
  readonly group: string;
  readonly consumer: string;
  /** How often the channel had handed it out, this time included; absent where nobody counted. */
  readonly deliveries?: number;
}

/** The server confirmed that an event is over for its group. */
export interface SettlementRecord {
  readonly kind: 'settlement';
  readonly at: number;
  readonly eventId: string;
  readonly group: string;
  readonly consumer: string;
  /** It was set aside. */
  readonly deadLetter?: boolean;
}

/** One thing that happened, as plain data: it can be sent between processes as JSON. */
export type HistoryRecord = AppendRecord | DeliveryRecord | SettlementRecord;

/**
 * Writes down what producers and consumers of one stream saw, for `checkHistory` to judge. Several processes may each
 * keep one and give their records to one of them: the times are of one clock as long as they run on one machine.
 */
export class History {
  readonly #records: HistoryRecord[] = [];

  get records(): readonly HistoryRecord[] {
    return this.#records;
  }

  /** Takes over what another history has written down. */
  add(records: Iterable<HistoryRecord>): void {
    for (const record of records) this.#records.push(record);
  }

  /** Hands out everything so far and forgets it, to be sent elsewhere. */
  take(): readonly HistoryRecord[] {
    return this.#records.splice(0);
  }

  /** An append begins, or ends with this outcome. One that never ends counts as unknown. */
  append(eventId: string, key: string, outcome: AppendOutcome, position?: Position): void {
    this.#records.push({ kind: 'append', at: now(), eventId, key, outcome, position });
  }

  delivery(delivery: Omit<DeliveryRecord, 'kind' | 'at'>): void {
    this.#records.push({ kind: 'delivery', at: now(), ...delivery });
  }

  settlement(settlement: Omit<SettlementRecord, 'kind' | 'at'>): void {
    this.#records.push({ kind: 'settlement', at: now(), ...settlement });
  }
}

/** Never goes backwards in one process, and finer than a millisecond between several. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
