import { newFields, type EventFields, type Message } from '../core/index.js';
import type { RoutedField } from './route-table.js';

/** A message, and those of its fields that payload stores keep. */
export interface RoutedMessage {
  readonly message: Message;
  readonly routed: readonly RoutedField[];
}

/** What is put into one store in one call. */
export interface PayloadPut {
  readonly store: string;
  readonly ttlMs: number | undefined;
  readonly events: EventFields[];
}

/** What is put of one event in one call. */
interface Part {
  readonly store: string;
  readonly ttlMs: number | undefined;
  readonly fields: ReturnType<typeof newFields>;
  personal: readonly string[];
}

/** Sorts fields by where they go and how long they stay there: one put for each. */
export function payloadPuts(messages: readonly RoutedMessage[]): readonly PayloadPut[] {
  const puts = new Map<string, PayloadPut>();
  for (const each of messages) {
    for (const { store, ttlMs, fields, personal } of partsOf(each)) {
      const put = entryOf(puts, store, ttlMs, () => ({ store, ttlMs, events: [] }));
      put.events.push({ id: each.message.id, fields, personal });
    }
  }
  return [...puts.values()];
}

function partsOf({ message, routed }: RoutedMessage): Iterable<Part> {
  const parts = new Map<string, Part>();
  const longest = new Map<string, Part>();
  for (const { field, value, place } of routed) {
    for (const store of place.stores) {
      const ttlMs = place.ttlMs(store);
      const part = entryOf(parts, store, ttlMs, () => ({ store, ttlMs, fields: newFields(), personal: [] }));
      part.fields[field] = value;
      if (staysLonger(part, longest.get(store))) longest.set(store, part);
    }
  }
  // Which fields are personal must be known there as long as one of them is.
  for (const [store, part] of longest) {
    const isPersonal = ({ field, place }: RoutedField) =>
      message.personal.includes(field) && place.stores.includes(store);
    if (routed.some(isPersonal)) part.personal = message.personal;
  }
  return parts.values();
}

function entryOf<T>(map: Map<string, T>, store: string, ttlMs: number | undefined, make: () => T): T {
  const name = `${store} ${ttlMs ?? ''}`;
  let entry = map.get(name);
  if (entry === undefined) map.set(name, (entry = make()));
  return entry;
}

function staysLonger(part: Part, other: Part | undefined): boolean {
  return other === undefined || (part.ttlMs ?? Infinity) > (other.ttlMs ?? Infinity);
}
