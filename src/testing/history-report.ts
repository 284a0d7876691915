import type { Position } from '../core/index.js';

/** Two events of one key in the wrong order. */
export interface Misorder {
  /** Absent when they stand in the stream in another order than they were appended. */
  readonly group?: string;
  readonly key: string;
  /** The one that came too early. */
  readonly first: string;
  /** The one that should have come before it. */
  readonly second: string;
}

/** What a history shows. Each list holds what must not be. */
export interface HistoryReport {
  /** How many appends were acknowledged. */
  readonly appended: number;
  /** How many appends have an outcome that nobody learnt. */
  readonly unknown: number;
  readonly deliveries: number;
  /** How many deliveries were of an event that its group had been handed before. */
  readonly redeliveries: number;
  readonly settlements: number;
  /** Acknowledged, and not in the stream (no group), or never delivered to a group. */
  readonly lost: readonly { readonly eventId: string; readonly group?: string }[];
  /** Delivered or stored although nobody appended them, or although their append surely failed. */
  readonly phantoms: readonly string[];
  /** Stored, or seen, at more than one position. */
  readonly duplicates: readonly { readonly eventId: string; readonly positions: readonly Position[] }[];
  readonly misordered: readonly Misorder[];
  /** Delivered after they were settled; a failure unless the options allow it. */
  readonly deliveredAfterSettled: readonly { readonly eventId: string; readonly group: string }[];
  /** Settled more than once by one group; a failure unless the options allow it. */
  readonly settledTwice: readonly { readonly eventId: string; readonly group: string }[];
  /** One line for each kind of damage, with how often and an example. Empty when the history is as promised. */
  readonly failures: readonly string[];
}

const WHAT: Readonly<Record<string, string>> = {
  lost: 'acknowledged and lost',
  phantoms: 'there, and never appended',
  duplicates: 'at more than one position',
  misordered: 'out of the order of its key',
  deliveredAfterSettled: 'delivered after it was settled',
  settledTwice: 'settled more than once',
};

/** Says in one line for each kind what is damaged; `allowed` kinds are left out. */
export function failuresOf(
  report: Omit<HistoryReport, 'failures'>,
  allowed: readonly (keyof HistoryReport)[],
): readonly string[] {
  return Object.entries(WHAT).flatMap(([kind, what]) => {
    const found = report[kind as 'lost'];
    if (found.length === 0 || allowed.includes(kind as keyof HistoryReport)) return [];
    return [`${found.length} x ${what}, the first: ${JSON.stringify(found[0])}`];
  });
}
