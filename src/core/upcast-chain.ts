import { contractError } from './contract-error.js';
import type { DeclaredUpcaster } from './contract-metadata.js';
import type { EventDefinition, UpcastStep } from './event-definition.js';
import { eventType } from './event-type.js';

/** An event and the upcasters that its decorator was given. */
export interface UpcastEvent {
  readonly event: EventDefinition;
  readonly upcast?: readonly DeclaredUpcaster[] | undefined;
}

type Chain = ReadonlyMap<number, UpcastStep>;

/**
 * Returns the events, each with the older types that are read as it. Upcasters of one event name belong together, by
 * whichever of its versions they were declared.
 *
 * @throws BackboneError `EB_CONTRACT` for an upcaster that leads nowhere, or twice from one version, and for a version
 *   that would be left behind.
 */
export function withUpcasts(declared: readonly UpcastEvent[]): readonly EventDefinition[] {
  if (declared.every(({ upcast }) => upcast === undefined)) return declared.map(({ event }) => event);
  const chains = new Map<string, Map<number, UpcastStep>>();
  const byType = new Map(declared.map(({ event }) => [event.type, event]));
  for (const { event, upcast = [] } of declared) {
    const chain = chains.get(event.name) ?? new Map<number, UpcastStep>();
    chains.set(event.name, chain);
    checkList(event, upcast);
    for (const each of upcast) addStep(chain, event, each, byType);
  }
  for (const { event, upcast = [] } of declared) {
    if (upcast.length > 0) checkWhole(event, upcast, chains.get(event.name) ?? new Map());
  }
  return declared.map(({ event }) => {
    const upcasts = upcastsTo(event, chains.get(event.name) ?? new Map());
    return upcasts.size > 0 ? Object.freeze({ ...event, upcasts }) : event;
  });
}

/**
 * Returns the events by the types that are read as them: their own, and the older ones that no other of them has, which
 * go to the next version.
 */
export function eventsByType(events: Iterable<EventDefinition>): ReadonlyMap<string, EventDefinition> {
  const all = [...events];
  const byType = new Map(all.map((event) => [event.type, event]));
  const older = new Map<string, EventDefinition>();
  for (const event of all) {
    for (const type of event.upcasts?.keys() ?? []) {
      const other = older.get(type);
      if (!byType.has(type) && (!other || other.version > event.version)) older.set(type, event);
    }
  }
  for (const [type, event] of older) byType.set(type, event);
  return byType;
}

/** JavaScript may write anything. */
function checkList(event: EventDefinition, upcast: unknown): void {
  if (Array.isArray(upcast)) return;
  throw contractError(placeOf(event), 'has an `upcast` that is no list; write upcast: [upcast(1, 2, {})]');
}

function addStep(
  chain: Map<number, UpcastStep>,
  event: EventDefinition,
  step: DeclaredUpcaster,
  byType: ReadonlyMap<string, EventDefinition>,
): void {
  const where = placeOf(event);
  const { from, to, make } = step as Partial<DeclaredUpcaster>;
  const isVersion = (version: unknown): version is number => Number.isSafeInteger(version) && Number(version) >= 1;
  if (!isVersion(from) || !isVersion(to) || typeof make !== 'object') {
    throw contractError(where, 'has an upcaster that is none; write upcast(1, 2, { argument: (old) => ... })');
  }
  const call = `upcast(${from}, ${to})`;
  if (from >= to) throw contractError(where, `has ${call}; an upcaster leads from an older version to a newer one`);
  if (to > event.version) {
    throw contractError(where, `has ${call}, and is version ${event.version} itself; raise its version or end there`);
  }
  const other = chain.get(from);
  if (other) throw contractError(where, `has ${call}, and version ${from} is upcast to ${other.to} already; keep one`);
  const target = byType.get(eventType(event.name, to));
  const makers = new Map(Object.entries(make));
  for (const [name, maker] of makers) {
    if (typeof maker !== 'function') {
      throw contractError(where, `has ${call}, which has no function for "${name}"; write ${name}: (old) => ...`);
    }
    if (target && !target.arguments.some(({ field }) => field === name)) {
      const known = target.arguments.map(({ field }) => field).join(', ');
      throw contractError(
        where,
        `has ${call}, which makes "${name}", and version ${to} has no such argument: ${known}`,
      );
    }
  }
  chain.set(from, Object.freeze({ from, to, make: makers, taken: byType.get(eventType(event.name, from)) }));
}

/** From the oldest version on, each must lead to the event. */
function checkWhole(event: EventDefinition, declared: readonly DeclaredUpcaster[], chain: Chain): void {
  const { name, version } = event;
  const oldest = Math.min(...declared.map(({ from }) => from));
  for (let at = oldest; at < version; at += 1) {
    const lost = endOf(chain, at, version);
    if (lost === version) continue;
    const reason =
      lost > version
        ? `version ${at} of ${name} passes it over; let an upcaster lead to version ${version}`
        : `nothing leads from version ${lost} of ${name} on; add upcast(${lost}, ${Math.min(lost + 1, version)}, { ... })`;
    throw contractError(placeOf(event), `reads version ${oldest} and later ones, but ${reason}`);
  }
}

/** The version that a chain comes to, at a version or behind it, or where it breaks off. */
function endOf(chain: Chain, from: number, version: number): number {
  let at = from;
  while (at < version) {
    const step = chain.get(at);
    if (!step) return at;
    at = step.to;
  }
  return at;
}

function upcastsTo({ name, version }: EventDefinition, chain: Chain): ReadonlyMap<string, readonly UpcastStep[]> {
  const upcasts = new Map<string, readonly UpcastStep[]>();
  for (const from of chain.keys()) {
    if (from >= version || endOf(chain, from, version) !== version) continue;
    const steps: UpcastStep[] = [];
    for (let step = chain.get(from); step && step.from < version; step = chain.get(step.to)) steps.push(step);
    upcasts.set(eventType(name, from), Object.freeze(steps));
  }
  return upcasts;
}

function placeOf({ contract, method }: EventDefinition): string {
  return `${contract.cls.name}.${method}`;
}
