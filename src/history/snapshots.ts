import { isDeepStrictEqual } from 'node:util';
import {
  BackboneError,
  checkedName,
  derivedUuid,
  jsonCodec,
  type Checkpoint,
  type PayloadKey,
  type PayloadStore,
  type Stream,
} from '../core/index.js';
import { isWithin, type ReadRange } from './read-range.js';
import type { Reducer } from './reducer.js';

/** Where states are kept, so that a fold begins with the last one instead of the first event. */
export interface SnapshotOptions {
  /** Keeps the snapshots; closing it is up to whoever opened it. What events hold of people may be in them. */
  readonly store: PayloadStore;
  /** A snapshot after so many events that were read. Default 1,000. */
  readonly every?: number;
  /** Drop a snapshot after this time. */
  readonly ttlMs?: number;
}

/** A state on the way: what it came to, and of how many events. */
export interface Folded<State> {
  readonly state: State;
  /** The events that were read for it; for an aggregate, all of its key. */
  readonly count: number;
  /** The last event of each partition that is in it. */
  readonly reached: Checkpoint;
  /** The latest append time in it. */
  readonly latestMs: number;
}

/** Which states are kept together: those of a reducer in this version, for a key or the whole stream. */
export interface SnapshotIdentity {
  readonly stream: Stream;
  /** What is counted differs: a fold reads the events of its reducer only. */
  readonly kind: 'fold' | 'aggregate';
  readonly key: string | undefined;
}

const DEFAULT_EVERY = 1_000;

/** The snapshots of one reducer and key. Each stays until it is too old or its events were erased, for states of the past. */
export class Snapshots<C extends object, State> {
  /** A snapshot is due after so many events. */
  readonly every: number;
  readonly #options: SnapshotOptions;
  readonly #reducer: Reducer<C, State>;
  readonly #id: string;

  /** @throws BackboneError `EB_OPTIONS` for a reducer without name and version, and for options that mean nothing. */
  constructor(options: SnapshotOptions, reducer: Reducer<C, State>, { stream, kind, key }: SnapshotIdentity) {
    const { every = DEFAULT_EVERY } = options;
    const { name, version } = reducer;
    if (!Number.isSafeInteger(every) || every < 1) throw refused('`every` must be a whole number from 1', 'every');
    if (name === undefined || version === undefined || !Number.isSafeInteger(version)) {
      throw refused('a reducer with snapshots needs a `name` and a `version`, so that they are told apart', 'reducer');
    }
    if (!reducer.save !== !reducer.restore)
      throw refused('give a reducer both `save` and `restore`, or none', 'reducer');
    checkedName('reducer name', name);
    this.every = every;
    this.#options = options;
    this.#reducer = reducer;
    // The key last: it is the one part that may hold anything.
    const parts = [
      stream.environment,
      stream.contract,
      kind,
      name,
      version,
      key === undefined ? 'all' : 'key',
      key ?? '',
    ];
    this.#id = `snapshot.${derivedUuid(parts.join('\n'))}`;
  }

  /** Returns the snapshot with the most events that holds none behind the range's end. */
  async latest({
    until,
    untilMs = Infinity,
  }: Pick<ReadRange, 'until' | 'untilMs'>): Promise<Folded<State> | undefined> {
    const { store } = this.#options;
    const kept = (await store.list(this.#id))
      .map((key) => ({ key, ...headOf(key) }))
      .filter(({ latestMs }) => latestMs < untilMs)
      .sort((a, b) => b.count - a.count);
    for (const { key } of kept) {
      const [value] = await store.get([key]);
      const saved = value && (jsonCodec.decode(value) as Folded<never>);
      if (!saved || (until && !isWithin(saved.reached, until))) continue;
      const { restore } = this.#reducer;
      return { ...saved, state: restore ? restore(saved.state) : saved.state };
    }
    return undefined;
  }

  /**
   * Keeps a state.
   *
   * @throws BackboneError `EB_ARGUMENT` for a state that would come back as another one.
   */
  async put({ state, count, reached, latestMs }: Folded<State>): Promise<void> {
    const { save } = this.#reducer;
    const plain = save ? save(state) : state;
    const value = encoded({ count, reached, latestMs, state: plain });
    if (value === undefined || !isDeepStrictEqual((jsonCodec.decode(value) as Folded<unknown>).state, plain)) {
      const message =
        `the state of the reducer ${String(this.#reducer.name)} is not plain JSON and would come back changed: a Date, a ` +
        'Map, a class, a property that is undefined; keep it plain, or give the reducer `save` and `restore`';
      throw new BackboneError('EB_ARGUMENT', message, { details: { path: 'state', constraint: 'plain JSON' } });
    }
    const key = { eventId: this.#id, field: `${count}.${latestMs}` };
    const { store, ttlMs } = this.#options;
    await store.put([{ ...key, value }], ttlMs === undefined ? {} : { ttlMs });
  }

  /** Removes them all. */
  async drop(): Promise<void> {
    const { store } = this.#options;
    await store.erase(await store.list(this.#id));
  }
}

function encoded(value: unknown): Uint8Array | undefined {
  try {
    return Buffer.from(jsonCodec.encode(value));
  } catch {
    // Its message names a path, and a path may hold a key of the state.
    return undefined;
  }
}

function headOf({ field }: PayloadKey): Pick<Folded<unknown>, 'count' | 'latestMs'> {
  const [count, latestMs] = field.split('.').map(Number);
  return { count: count ?? 0, latestMs: latestMs ?? 0 };
}

function refused(why: string, path: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `snapshots: ${why}`, { details: { path } });
}
