import { comparePositions, type Position } from '../core/index.js';
import type { Misorder } from './history-report.js';
import type { AppendRecord } from './history.js';

interface Appended {
  readonly key: string;
  /** Attempts that have begun and not ended. */
  open: number;
  ok: boolean;
  unknown: boolean;
  /** The latest event of its key that had been acknowledged when this one's append began. */
  readonly after: Acknowledged | undefined;
}

interface Acknowledged {
  readonly eventId: string;
  readonly position: Position;
}

/** Knows what became of every append, fed in the order of time, and where each event was seen. */
export class AppendedEvents {
  readonly misordered: Misorder[] = [];
  readonly #events = new Map<string, Appended>();
  readonly #latest = new Map<string, Acknowledged>();
  readonly #positions = new Map<string, Position[]>();

  add({ eventId, key, outcome, position }: AppendRecord): void {
    let event = this.#events.get(eventId);
    if (!event) {
      event = { key, open: 0, ok: false, unknown: false, after: this.#latest.get(key) };
      this.#events.set(eventId, event);
    }
    if (outcome === 'invoked') {
      event.open += 1;
      return;
    }
    event.open -= 1;
    if (outcome === 'unknown') event.unknown = true;
    if (outcome !== 'ok') return;
    event.ok = true;
    if (position) this.#acknowledge(event, { eventId, position });
  }

  /** An event was seen there, in the stream or in a delivery. */
  see(eventId: string, position: Position): void {
    const positions = this.#positions.get(eventId);
    if (!positions) this.#positions.set(eventId, [position]);
    else if (!positions.some((known) => isSame(known, position))) positions.push(position);
  }

  get ok(): readonly string[] {
    return [...this.#events].filter(([, { ok }]) => ok).map(([eventId]) => eventId);
  }

  get unknown(): number {
    return [...this.#events.values()].filter((event) => !event.ok && mayBeThere(event)).length;
  }

  get phantoms(): readonly string[] {
    return [...this.#positions.keys()].filter((eventId) => {
      const event = this.#events.get(eventId);
      return !event || !mayBeThere(event);
    });
  }

  get duplicates(): readonly { readonly eventId: string; readonly positions: readonly Position[] }[] {
    const found: { eventId: string; positions: readonly Position[] }[] = [];
    for (const [eventId, positions] of this.#positions) if (positions.length > 1) found.push({ eventId, positions });
    return found;
  }

  #acknowledge(event: Appended, acknowledged: Acknowledged): void {
    const { eventId, position } = acknowledged;
    const { key, after } = event;
    this.see(eventId, position);
    if (after && after.eventId !== eventId && isBefore(position, after.position)) {
      this.misordered.push({ key, first: eventId, second: after.eventId });
    }
    const latest = this.#latest.get(key);
    if (!latest || !isBefore(position, latest.position)) this.#latest.set(key, acknowledged);
  }
}

/** A failed attempt changes nothing about an earlier one whose outcome is unknown. */
function mayBeThere({ ok, unknown, open }: Appended): boolean {
  return ok || unknown || open > 0;
}

function isSame(a: Position, b: Position): boolean {
  return a.partition === b.partition && a.id === b.id;
}

/** True when both are of one partition and in this order: positions of two partitions say nothing about each other. */
export function isBefore(a: Position, b: Position): boolean {
  return a.partition === b.partition && comparePositions(a, b) < 0;
}
