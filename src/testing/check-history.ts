import type { Position } from '../core/index.js';
import { AppendedEvents, isBefore } from './appended-events.js';
import { failuresOf, type HistoryReport, type Misorder } from './history-report.js';
import type { DeliveryRecord, HistoryRecord, SettlementRecord } from './history.js';

/** An event as it stands in the stream. */
export interface StoredEvent {
  readonly eventId: string;
  readonly position: Position;
}

/** What is asked of a history. */
export interface HistoryExpectations {
  /** The groups that must have been handed every event. Default: those that were handed one. */
  readonly groups?: readonly string[];
  /** Everything that stands in the stream in the end. Absent: that is not looked at, for instance after a trim. */
  readonly stored?: readonly StoredEvent[];
  /**
   * Whose first deliveries must be in the order of each key: those of a `group` in all its consumers, or those inside
   * one `consumer` that nobody was handed before, or nobody's. Default `group`.
   */
  readonly order?: 'group' | 'consumer' | 'none';
  /** True where the server may have forgotten settlements, as after a crash. Default false. */
  readonly allowRedelivery?: boolean;
}

/**
 * Judges a history after everything has healed and drained: what was acknowledged must have reached every group, what
 * nobody appended must be nowhere, no event may stand at two positions, and the order of each key must hold. An append
 * whose outcome is unknown may be absent or there once.
 */
export function checkHistory(records: Iterable<HistoryRecord>, expected: HistoryExpectations = {}): HistoryReport {
  const { stored, order = 'group', allowRedelivery = false } = expected;
  const inTime = [...records].sort((a, b) => a.at - b.at);
  const appended = new AppendedEvents();
  const groups = new Map<string, GroupHistory>();
  for (const name of expected.groups ?? []) groups.set(name, new GroupHistory(name));
  const groupOf = (name: string) => {
    let group = groups.get(name);
    if (!group) groups.set(name, (group = new GroupHistory(name)));
    return group;
  };
  let settlements = 0;
  for (const record of inTime) {
    if (record.kind === 'append') appended.add(record);
    else if (record.kind === 'settlement') {
      settlements += 1;
      groupOf(record.group).settle(record);
    } else {
      appended.see(record.eventId, record.position);
      groupOf(record.group).deliver(record, order);
    }
  }
  for (const { eventId, position } of stored ?? []) appended.see(eventId, position);
  const all = [...groups.values()];
  const found = {
    appended: appended.ok.length,
    unknown: appended.unknown,
    deliveries: all.reduce((sum, { deliveries }) => sum + deliveries, 0),
    redeliveries: all.reduce((sum, group) => sum + group.deliveries - group.distinct, 0),
    settlements,
    lost: [...lostFromStream(appended.ok, stored), ...all.flatMap((group) => group.missing(appended.ok))],
    phantoms: appended.phantoms,
    duplicates: appended.duplicates,
    misordered: [...appended.misordered, ...all.flatMap(({ misordered }) => misordered)],
    deliveredAfterSettled: all.flatMap(({ deliveredAfterSettled }) => deliveredAfterSettled),
    settledTwice: all.flatMap(({ settledTwice }) => settledTwice),
  };
  return { ...found, failures: failuresOf(found, allowRedelivery ? ['deliveredAfterSettled', 'settledTwice'] : []) };
}

function lostFromStream(ok: readonly string[], stored: readonly StoredEvent[] | undefined): { eventId: string }[] {
  if (!stored) return [];
  const there = new Set(stored.map(({ eventId }) => eventId));
  return ok.filter((eventId) => !there.has(eventId)).map((eventId) => ({ eventId }));
}

/** What one group saw. */
class GroupHistory {
  readonly misordered: Misorder[] = [];
  readonly deliveredAfterSettled: { eventId: string; group: string }[] = [];
  readonly settledTwice: { eventId: string; group: string }[] = [];
  deliveries = 0;
  readonly #seen = new Set<string>();
  readonly #settled = new Set<string>();
  /** The latest first delivery of each key, apart for each consumer where only that is asked. */
  readonly #latest = new Map<string, DeliveryRecord>();

  constructor(readonly name: string) {}

  get distinct(): number {
    return this.#seen.size;
  }

  deliver(record: DeliveryRecord, order: 'group' | 'consumer' | 'none'): void {
    const { eventId } = record;
    this.deliveries += 1;
    if (this.#settled.has(eventId)) this.deliveredAfterSettled.push({ eventId, group: this.name });
    if (this.#seen.has(eventId)) return;
    this.#seen.add(eventId);
    if (order === 'group') this.#checkOrder(record, record.key);
    // One that another consumer was handed before, and lost, comes late: that is no first delivery.
    else if (order === 'consumer' && (record.deliveries ?? 1) === 1) {
      this.#checkOrder(record, `${record.consumer}\n${record.key}`);
    }
  }

  settle({ eventId, deadLetter }: SettlementRecord): void {
    // It may be handed out again, when somebody redrives it.
    if (deadLetter === true) return;
    if (this.#settled.has(eventId)) this.settledTwice.push({ eventId, group: this.name });
    this.#settled.add(eventId);
  }

  missing(ok: readonly string[]): { eventId: string; group: string }[] {
    return ok.filter((eventId) => !this.#seen.has(eventId)).map((eventId) => ({ eventId, group: this.name }));
  }

  #checkOrder(record: DeliveryRecord, lane: string): void {
    const latest = this.#latest.get(lane);
    if (latest && isBefore(record.position, latest.position)) {
      this.misordered.push({ group: this.name, key: record.key, first: latest.eventId, second: record.eventId });
    } else this.#latest.set(lane, record);
  }
}
