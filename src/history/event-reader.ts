import {
  BackboneError,
  describeContract,
  eventOfType,
  eventsByType,
  jsonCodec,
  streamOf,
  type Channel,
  type Codec,
  type ContractClass,
  type ContractDefinition,
  type EventDefinition,
  type EventName,
  type Position,
  type Producer,
  type ReadEvent,
} from '../core/index.js';
import { Aggregate, checkAggregate, type AggregateOptions } from './aggregate.js';
import {
  selectedEvents,
  storedFields,
  type EventOf,
  type FieldName,
  type SelectedName,
  type Selection,
} from './event-selection.js';
import { fold } from './fold.js';
import { PastEvent } from './past-event.js';
import { plainEvent, type PlainEvent } from './plain-event.js';
import { checkedRange, type ReadRange, type ReadRangeOptions } from './read-range.js';
import type { Reducer } from './reducer.js';
import { Snapshots, type Folded, type SnapshotIdentity, type SnapshotOptions } from './snapshots.js';
import { StreamHistory } from './stream-history.js';

/** What a reader works with. */
export interface EventReaderOptions<C extends object> {
  readonly channel: Channel;
  readonly environment: string;
  readonly codec?: Codec;
  /** Appends what aggregates decide; asked for on first use. */
  readonly producer?: () => Producer<C>;
}

/** Which events to read, and what of them. */
export interface EventsOptions<
  C,
  S extends readonly Selection<C>[] | undefined,
  F extends string,
> extends ReadRangeOptions {
  /** The events of this key only. A channel without an index by key (`supports.readByKey`) is looked through. */
  readonly key?: string;
  /** These events only: `[(e) => e.orderPlaced]`, or their names. All of the contract when absent, but not `$erased`. */
  readonly types?: S;
  /** Fetch these arguments only. */
  readonly fields?: readonly F[];
  /** The most events that are fetched at once. Default: the channel's. */
  readonly batchSize?: number;
}

/** Which state to make. */
export interface FoldOptions {
  /** Of the events of this key; of the whole stream when absent. */
  readonly key?: string;
  /** As it was then: see {@link ReadRangeOptions}. */
  readonly until?: ReadRangeOptions['until'];
  readonly snapshots?: SnapshotOptions;
}

/** How the events of a read are shown. */
interface ReadingAs {
  readonly plain: boolean;
  /** Which event each type is read as. */
  readonly readable: ReadonlyMap<string, EventDefinition>;
  readonly fields: ReadonlySet<string> | undefined;
}

const LARGEST_BATCH = 10_000;

/**
 * Reads the events of a contract that were stored before, without a group: nothing on the server remembers it. Inject it
 * with `@InjectReader`.
 */
export class EventReader<C extends object> {
  readonly #contract: ContractDefinition;
  readonly #history: StreamHistory;
  readonly #codec: Codec;
  readonly #producer: EventReaderOptions<C>['producer'];

  /** @throws BackboneError `EB_CONTRACT`, `EB_NAME` */
  constructor(
    contract: ContractClass<C>,
    { channel, environment, codec = jsonCodec, producer }: EventReaderOptions<C>,
  ) {
    this.#contract = describeContract(contract);
    this.#history = new StreamHistory(channel, streamOf(this.#contract, environment));
    this.#codec = codec;
    this.#producer = producer;
  }

  /**
   * Reads the event at a position; `undefined` when there is none, or none any more.
   *
   * @throws BackboneError `EB_ARGUMENT` for a position that this channel cannot have given out, `EB_UNKNOWN_TYPE` for an
   *   event that the contract does not know, which `{ plain: true }` shows.
   */
  async get(position: Position): Promise<EventOf<C> | undefined>;
  async get(position: Position, options: { readonly plain: true }): Promise<PlainEvent | undefined>;
  async get(position: Position, { plain = false } = {}): Promise<unknown> {
    return this.#one(await this.#history.at(position), plain);
  }

  /**
   * Reads the event with an id, where the channel supports `readById`; `undefined` when there is none.
   *
   * @throws BackboneError `EB_UNSUPPORTED`, `EB_NAME`, `EB_UNKNOWN_TYPE`
   */
  async byId(id: string): Promise<EventOf<C> | undefined>;
  async byId(id: string, options: { readonly plain: true }): Promise<PlainEvent | undefined>;
  async byId(id: string, { plain = false } = {}): Promise<unknown> {
    return this.#one(await this.#history.withId(id), plain);
  }

  /**
   * Reads events, a batch ahead at most: the next is fetched when this one was taken. Those of types that the contract
   * does not know are passed over, as are entries that are no events; `{ plain: true }` gives unknown types, too, unless
   * `types` says otherwise. Of several partitions, only the events of one partition are in order.
   *
   * @throws BackboneError `EB_ARGUMENT` at once for what cannot be read, and while reading for positions of another kind
   *   of channel; `EB_CHANNEL` when the server goes away.
   */
  events(
    options: EventsOptions<C, readonly Selection<C>[], FieldName<C>> & { readonly plain: true },
  ): AsyncGenerator<PlainEvent, void, undefined>;
  events<S extends Selection<C>, F extends FieldName<C> = FieldName<C>>(
    options: EventsOptions<C, readonly S[], F> & { readonly types: readonly S[]; readonly plain?: false },
  ): AsyncGenerator<EventOf<C, SelectedName<C, S>, F>, void, undefined>;
  events<F extends FieldName<C> = FieldName<C>>(
    options?: EventsOptions<C, undefined, F> & { readonly plain?: false },
  ): AsyncGenerator<EventOf<C, EventName<C>, F>, void, undefined>;
  events(
    options: EventsOptions<C, readonly Selection<C>[], string> & { readonly plain?: boolean } = {},
  ): AsyncGenerator<unknown, void, undefined> {
    const { key, types, fields, batchSize, plain = false, ...rangeOptions } = options;
    const events = selectedEvents(this.#contract, types);
    const readable = eventsByType(events);
    if (batchSize !== undefined && (!Number.isSafeInteger(batchSize) || batchSize < 1 || batchSize > LARGEST_BATCH)) {
      const message = `reading: \`batchSize\` must be a whole number from 1 to ${LARGEST_BATCH}`;
      throw new BackboneError('EB_ARGUMENT', message, { details: { path: 'batchSize' } });
    }
    const wanted = {
      ...{ key, batchSize, fields: storedFields(events, fields) },
      types: plain && !types ? undefined : [...readable.keys()],
    };
    return this.#events(wanted, checkedRange(rangeOptions), { plain, readable, fields: fields && new Set(fields) });
  }

  /**
   * Makes the state that events come to: now, or as it was at a time or a position.
   *
   * @throws BackboneError `EB_ARGUMENT`, `EB_OPTIONS`, what a reducer throws, and why an event cannot be read.
   */
  async fold<State>(reducer: Reducer<C, State>, options: FoldOptions = {}): Promise<State> {
    return (await this.#folded(reducer, options, 'fold')).state;
  }

  /**
   * Returns the aggregate of a key: its state, and decisions that append what follows from it.
   *
   * @throws BackboneError `EB_UNSUPPORTED` on a channel that cannot keep two decisions apart, unless nobody minds;
   *   `EB_OPTIONS`.
   */
  aggregate<State>(
    key: string,
    reducer: Reducer<C, State>,
    { snapshots, ...options }: AggregateOptions & Pick<FoldOptions, 'snapshots'> = {},
  ): Aggregate<C, State> {
    checkAggregate(options, this.#history.canExpectVersions);
    const producer = this.#producer;
    if (!producer)
      throw new BackboneError('EB_OPTIONS', 'an aggregate needs a `producer` in the options of its reader');
    return new Aggregate({
      key,
      producer,
      options,
      load: () => this.#folded(reducer, { key, snapshots }, 'aggregate'),
    });
  }

  async #folded<State>(
    reducer: Reducer<C, State>,
    { key, until, snapshots }: FoldOptions,
    kind: SnapshotIdentity['kind'],
  ): Promise<Folded<State>> {
    const { stream } = this.#history;
    return fold({
      ...{ contract: this.#contract, history: this.#history, codec: this.#codec, reducer, key },
      range: checkedRange({ until }),
      snapshots: snapshots && new Snapshots(snapshots, reducer, { stream, kind, key }),
      all: kind === 'aggregate',
    });
  }

  async *#events(
    wanted: Parameters<StreamHistory['read']>[0],
    range: ReadRange,
    { plain, readable, fields }: ReadingAs,
  ): AsyncGenerator<unknown, void, undefined> {
    const decoding = { codec: this.#codec, fields };
    for await (const batch of this.#history.read(wanted, range)) {
      for (const event of batch) {
        if (range.follow?.aborted === true) return;
        const { message } = event;
        const definition = message && (readable.get(message.type) ?? eventOfType(this.#contract, message.type));
        if (message && plain) yield plainEvent(definition, event, message, decoding);
        else if (definition) yield new PastEvent(definition, event, message, decoding);
      }
    }
  }

  #one(event: ReadEvent | undefined, plain: boolean): PastEvent | PlainEvent | undefined {
    const { message, malformed } = event ?? {};
    if (!event) return undefined;
    if (!message) throw malformed ?? new BackboneError('EB_MALFORMED', 'the entry at this position is no event');
    const decoding = { codec: this.#codec };
    const definition = eventOfType(this.#contract, message.type);
    if (plain) return plainEvent(definition, event, message, decoding);
    if (definition) return new PastEvent(definition, event, message, decoding);
    const why = `${this.#contract.cls.name} does not know the type of this event; read it with { plain: true }`;
    throw new BackboneError('EB_UNKNOWN_TYPE', why, { details: { path: message.type } });
  }
}
