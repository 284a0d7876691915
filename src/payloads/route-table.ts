import {
  argumentOfField,
  BackboneError,
  type ContractDefinition,
  type EventDefinition,
  type FieldValue,
  type Message,
} from '../core/index.js';
import { checkedRoute, checkedStores, type CheckedRoute, type PayloadPlace } from './checked-route.js';
import type { PayloadRoute } from './payload-route.js';

/** A field that is kept in payload stores. */
export interface RoutedField {
  readonly field: string;
  readonly value: string | Uint8Array;
  readonly size: number;
  readonly place: PayloadPlace;
}

interface EventRoutes {
  readonly event: EventDefinition | undefined;
  readonly routes: readonly CheckedRoute[];
}

/** Knows where each field goes: where its argument says, or where the first route that takes it leads. */
export class RouteTable {
  readonly #stores: readonly string[];
  readonly #routes: readonly CheckedRoute[];
  readonly #contracts = new Map<string, Set<ContractDefinition>>();
  readonly #byType = new Map<EventDefinition, EventRoutes>();
  readonly #chains = new Map<string, readonly string[]>();

  /** @throws BackboneError `EB_OPTIONS` for a route that cannot work. */
  constructor(routes: readonly PayloadRoute[], stores: readonly string[]) {
    this.#stores = stores;
    this.#routes = routes.map((route, i) => checkedRoute(route, i, stores));
    for (const { definition, stores: chain } of this.#routes) {
      this.#chains.set(chain.join(), chain);
      if (definition) this.add(definition);
    }
  }

  /** Every list of stores that keep the same fields. */
  get chains(): readonly (readonly string[])[] {
    return [...this.#chains.values()];
  }

  /** Learns a contract. Throws `EB_OPTIONS` when one of its arguments names a store that there is not. */
  add(contract: ContractDefinition): void {
    for (const { method, arguments: args } of contract.byType.values()) {
      for (const { field, stored } of args) {
        if (!stored?.in) continue;
        const path = `@Stored of "${field}" of ${contract.cls.name}.${method}`;
        this.#chains.set(stored.in.join(), checkedStores(path, stored.in, this.#stores));
      }
    }
    const known = this.#contracts.get(contract.name);
    if (known) known.add(contract);
    else this.#contracts.set(contract.name, new Set([contract]));
  }

  /** The fields of a message that payload stores keep; events of the library's own stay whole. */
  routed(contract: string, { type, fields, personal }: Message): readonly RoutedField[] {
    if (type.startsWith('$')) return NOTHING;
    const { event, routes } = this.#routesOf(contract, type);
    if (routes.length === 0 && !event?.arguments.some(({ stored }) => stored?.in)) return NOTHING;
    const routed: RoutedField[] = [];
    for (const field of Object.keys(fields)) {
      const value = fields[field];
      if (!isInline(value)) continue;
      const size = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
      const place =
        storedPlace(event, field) ?? routes.find((route) => route.takes(field, personal) && size > route.aboveBytes);
      if (!place || size <= place.aboveBytes) continue;
      if (field.startsWith('.')) throw dotted();
      routed.push({ field, value, size, place });
    }
    return routed;
  }

  #routesOf(contract: string, type: string): EventRoutes {
    const event = this.#eventOf(contract, type);
    const known = event && this.#byType.get(event);
    if (known) return known;
    const found = { event, routes: this.#routes.filter((route) => route.matches(contract, type, event)) };
    if (event) this.#byType.set(event, found);
    return found;
  }

  #eventOf(contract: string, type: string): EventDefinition | undefined {
    for (const { byType } of this.#contracts.get(contract) ?? NO_CONTRACTS) {
      const event = byType.get(type);
      if (event) return event;
    }
    return undefined;
  }
}

const NOTHING: readonly RoutedField[] = Object.freeze([]);
const NO_CONTRACTS: ReadonlySet<ContractDefinition> = new Set();

/** Where an argument says itself that its fields are kept. */
function storedPlace(event: EventDefinition | undefined, field: string): PayloadPlace | undefined {
  const stored = event && argumentOfField(event, field)?.stored;
  if (!stored?.in) return undefined;
  return { stores: stored.in, aboveBytes: stored.aboveBytes ?? -1, ttlMs: () => stored.ttlMs };
}

function isInline(value: FieldValue | undefined): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function dotted(): BackboneError {
  const message = 'a field that a payload store keeps must not begin with a dot; nothing was stored';
  return new BackboneError('EB_ARGUMENT', message, { details: { constraint: 'name' } });
}
