import {
  BackboneError,
  checkedName,
  DEFAULT_LIMITS,
  isBackboneError,
  isName,
  newFields,
  PayloadFields,
  STORES_JOINED_BY,
  type ContractDefinition,
  type ErrorCode,
  type FieldErasure,
  type FieldTransform,
  type Message,
  type PayloadKey,
  type PayloadStore,
  type Stream,
} from '../core/index.js';
import { isWhole, refusal } from './checked-route.js';
import { payloadPuts, type PayloadPut, type RoutedMessage } from './payload-puts.js';
import type { PayloadRoute } from './payload-route.js';
import { ReferencedFields } from './referenced-fields.js';
import { RouteTable } from './route-table.js';

/** Which stores there are, and what goes where. */
export interface PayloadRoutingOptions {
  /** By the names under which events refer to them: a name must mean the same store in every application, for good. */
  readonly stores: Readonly<Record<string, PayloadStore>>;
  /** The first one that takes a field decides; what an argument says itself (`@Stored`) comes before. */
  readonly routes?: readonly PayloadRoute[];
  /** The contracts that are known now; others can be added. */
  readonly contracts?: Iterable<ContractDefinition>;
  /** The largest field that is fetched, in bytes; what is larger is set aside. Default 256 KiB, as for arguments. */
  readonly maxArgumentBytes?: number;
}

/** Keeps fields in payload stores; in the channel stands where they are. */
export interface PayloadRouting extends FieldTransform {
  /**
   * Learns a contract, so that what its arguments say (`@Stored`) holds, and the names of its methods in routes.
   *
   * @throws BackboneError `EB_OPTIONS` when one of them names a store that there is not.
   */
  add(contract: ContractDefinition): void;
}

/**
 * Makes the transform that keeps fields of events in payload stores, as routes and contracts say. The fields are put, and
 * every store has confirmed, before the event is appended; whoever reads fetches them in batches.
 *
 * @throws BackboneError `EB_OPTIONS` for routes that cannot work, `EB_NAME` for a store's name.
 */
export function payloadRouting(options: PayloadRoutingOptions): PayloadRouting {
  return new RoutedPayloads(options);
}

// What was encrypted on its way out is a little larger than its argument was.
const ENCRYPTION_BYTES = 1_024;

class RoutedPayloads implements PayloadRouting {
  readonly #stores: ReadonlyMap<string, PayloadFields>;
  readonly #table: RouteTable;
  readonly #referenced: ReferencedFields;

  constructor({ stores, routes = [], contracts = [], maxArgumentBytes }: PayloadRoutingOptions) {
    const names = Object.keys(stores).map((name) => checkedName('payload store', name));
    const maxBytes = maxArgumentBytes ?? DEFAULT_LIMITS.maxArgumentBytes;
    if (!isWhole(maxBytes, 1)) throw refusal('maxArgumentBytes', 'must be a whole number from 1');
    this.#stores = new Map(Object.entries(stores).map(([name, store]) => [name, new PayloadFields(store)]));
    this.#table = new RouteTable(routes, names);
    this.#referenced = new ReferencedFields(this.#stores, maxBytes + ENCRYPTION_BYTES);
    for (const contract of contracts) this.add(contract);
  }

  add(contract: ContractDefinition): void {
    this.#table.add(contract);
  }

  outward({ contract }: Stream, messages: readonly Message[]): readonly Message[] | Promise<readonly Message[]> {
    const all = messages.map((message) => ({ message, routed: this.#table.routed(contract, message) }));
    const puts = payloadPuts(all);
    return puts.length === 0 ? messages : this.#put(puts, all);
  }

  inward(
    _stream: Stream,
    messages: readonly Message[],
    fields?: readonly string[],
  ): readonly Message[] | Promise<readonly (Message | BackboneError)[]> {
    const lookups = this.#referenced.lookups(messages, fields);
    return lookups.length === 0 ? messages : this.#referenced.resolved(messages, lookups);
  }

  async erase(_stream: Stream, { ids, fields }: FieldErasure): Promise<readonly string[]> {
    const known = ids.filter(isName);
    const marks = new Map<string, Map<string, PayloadKey>>();
    const found = await Promise.all(
      [...this.#stores].map(async ([store, payloads]) => ({ store, keys: await payloads.erasable(known, fields) })),
    );
    for (const { store, keys } of found) {
      // Also where it is over: a repeated append must not bring it back there.
      const chains = this.#table.chains.filter((chain) => chain.includes(store));
      for (const name of new Set([store, ...chains.flat()])) {
        const marked = marks.get(name) ?? new Map<string, PayloadKey>();
        for (const key of keys) marked.set(`${key.eventId} ${key.field}`, key);
        marks.set(name, marked);
      }
    }
    // Without an end: a mark that is over would let a repeated append bring the field back.
    await Promise.all([...marks].map(async ([name, keys]) => this.#stores.get(name)?.erase([...keys.values()])));
    return [...new Set(found.flatMap(({ keys }) => keys.map(({ eventId }) => eventId)))];
  }

  async #put(puts: readonly PayloadPut[], all: readonly RoutedMessage[]): Promise<readonly Message[]> {
    const prepared = all.map(withReferences);
    await Promise.all(
      puts.map(async ({ store, events, ttlMs }) => {
        try {
          await this.#stores.get(store)?.put(events, ttlMs);
        } catch (error) {
          throw notPut(store, error);
        }
      }),
    );
    return prepared;
  }
}

function withReferences({ message, routed }: RoutedMessage): Message {
  if (routed.length === 0) return message;
  const fields = Object.assign(newFields(), message.fields);
  for (const { field, size, place } of routed) fields[field] = { store: place.stores.join(STORES_JOINED_BY), size };
  return { ...message, fields };
}

/** What the producer has to know: it is refused for good, or too much at a time. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['EB_ARGUMENT', 'EB_BACKPRESSURE', 'EB_NAME', 'EB_TOO_LARGE'] as const),
]);

function notPut(store: string, error: unknown): BackboneError {
  const code = isBackboneError(error) && REFUSALS.has(error.code) ? error.code : 'EB_NOT_STORED';
  const message = `the payload store ${store} did not take the fields of the event; nothing was stored, see the cause`;
  return new BackboneError(code, message, { cause: error, details: { store } });
}
