import {
  BackboneError,
  describeError,
  isBackboneError,
  isName,
  newFields,
  STORES_JOINED_BY,
  type FieldReference,
  type FieldValue,
  type Message,
  type PayloadFields,
  type PayloadKey,
} from '../core/index.js';

/** A reference to follow. */
export interface Lookup extends PayloadKey {
  /** Which of the messages it stands in. */
  readonly at: number;
  readonly size: number;
  readonly stores: readonly string[];
  value?: Uint8Array | 'erased' | undefined;
  /** What kept a store from answering. */
  failure?: BackboneError;
}

/** Follows references in messages: one call for each store and batch; what the first store has not, the next one is asked for. */
export class ReferencedFields {
  readonly #stores: ReadonlyMap<string, PayloadFields>;
  readonly #maxBytes: number;

  constructor(stores: ReadonlyMap<string, PayloadFields>, maxBytes: number) {
    this.#stores = stores;
    this.#maxBytes = maxBytes;
  }

  /** Finds the references whose values are wanted; all when no field is named. */
  lookups(messages: readonly Message[], wanted?: readonly string[]): readonly Lookup[] {
    const lookups: Lookup[] = [];
    for (const [at, { id: eventId, fields }] of messages.entries()) {
      for (const field of wanted ?? Object.keys(fields)) {
        const value = fields[field];
        if (!isReference(value)) continue;
        lookups.push({ at, eventId, field, size: value.size, stores: value.store.split(STORES_JOINED_BY) });
      }
    }
    return lookups;
  }

  /** Gives the messages with their values, or why one can never be read. Rejects while a store is away that may have one. */
  async resolved(
    messages: readonly Message[],
    lookups: readonly Lookup[],
  ): Promise<readonly (Message | BackboneError)[]> {
    const refusals = new Map<number, BackboneError>();
    const refuse = (lookup: Lookup, error: BackboneError | undefined) => error && refusals.set(lookup.at, error);
    for (const lookup of lookups) refuse(lookup, this.#unfetchable(lookup));
    const followed = lookups.filter(({ at }) => !refusals.has(at));
    await this.#follow(followed, 0);
    const values = new Map<number, Map<string, Uint8Array | 'erased'>>();
    for (const lookup of followed) {
      const { at, field, value, failure } = lookup;
      if (value === undefined && failure) throw failure;
      if (value === undefined) refuse(lookup, lost(lookup));
      else if (value !== 'erased' && value.byteLength > this.#maxBytes) {
        refuse(lookup, tooLarge(lookup, value.byteLength, this.#maxBytes));
      } else values.set(at, (values.get(at) ?? new Map<string, Uint8Array | 'erased'>()).set(field, value));
    }
    return messages.map((message, at) => refusals.get(at) ?? withValues(message, values.get(at)));
  }

  /** Asks the nth store of each reference, and then the one behind it for what is not there. */
  async #follow(lookups: readonly Lookup[], nth: number): Promise<void> {
    const byStore = new Map<string, Lookup[]>();
    for (const lookup of lookups) {
      const store = lookup.stores[nth];
      if (lookup.value !== undefined || store === undefined) continue;
      const others = byStore.get(store);
      if (others) others.push(lookup);
      else byStore.set(store, [lookup]);
    }
    if (byStore.size === 0) return;
    await Promise.all([...byStore].map(([store, some]) => this.#ask(store, some)));
    await this.#follow([...byStore.values()].flat(), nth + 1);
  }

  async #ask(store: string, lookups: readonly Lookup[]): Promise<void> {
    try {
      const payloads = this.#stores.get(store);
      if (!payloads) throw unknownStore(store);
      const values = await payloads.get(lookups);
      for (const [i, lookup] of lookups.entries()) lookup.value = values[i];
    } catch (error) {
      const failure = isBackboneError(error, 'EB_OPTIONS') ? error : away(store, error);
      for (const lookup of lookups) lookup.failure ??= failure;
    }
  }

  /** A store would refuse names that are none each time it is asked, and what is too large is not fetched at all. */
  #unfetchable(lookup: Lookup): BackboneError | undefined {
    if (lookup.size > this.#maxBytes) return tooLarge(lookup, lookup.size, this.#maxBytes);
    if (isName(lookup.eventId) && isName(lookup.field)) return undefined;
    const message = 'the event refers to a field in a payload store, and its id or the field has no valid name';
    return new BackboneError('EB_MALFORMED', message);
  }
}

function withValues(message: Message, values: ReadonlyMap<string, Uint8Array | 'erased'> | undefined): Message {
  if (!values) return message;
  const fields = newFields();
  const erased = [...(message.erased ?? [])];
  for (const name of Object.keys(message.fields)) {
    const value = values.get(name) ?? message.fields[name];
    if (value === 'erased' && values.has(name)) erased.push(name);
    else if (value !== undefined) fields[name] = value;
  }
  return { ...message, fields, ...(erased.length > 0 && { erased }) };
}

function isReference(value: FieldValue | undefined): value is FieldReference {
  return typeof value === 'object' && !(value instanceof Uint8Array);
}

function lost({ eventId, field, stores }: Lookup): BackboneError {
  const message =
    `field "${field}" of event ${eventId} is in none of its payload stores (${stores.join(', ')}), and was not erased; ` +
    'was its ttlMs over, was memory evicted, or does the name mean another store here?';
  return new BackboneError('EB_FIELDS_LOST', message, { details: { path: field } });
}

function tooLarge({ eventId, field }: Lookup, size: number, limit: number): BackboneError {
  const message =
    `field "${field}" of event ${eventId} is ${size} bytes in its payload store, the limit is ${limit}; ` +
    'raise limits.maxArgumentBytes of whoever reads it';
  return new BackboneError('EB_TOO_LARGE', message, { details: { path: field, size, limit } });
}

function away(store: string, cause: unknown): BackboneError {
  const message = `the payload store ${store} cannot be read: ${describeError(cause)}`;
  return new BackboneError('EB_CHANNEL', message, { cause, details: { store } });
}

function unknownStore(store: string): BackboneError {
  const shown = JSON.stringify(store.slice(0, 60));
  const message = `events refer to the payload store ${shown}, and there is none of that name; add it to \`payloads.stores\``;
  return new BackboneError('EB_OPTIONS', message, { details: { path: 'payloads.stores' } });
}
