import { BackboneError, isBackboneError, type BatchMethods, type Producer, type Receipt } from '../core/index.js';
import type { Folded } from './snapshots.js';

/** How an aggregate is kept. */
export interface AggregateOptions {
  /**
   * What keeps two decisions about one key apart: `version` appends only if nobody has appended since the state was read,
   * where the channel supports `expectedVersion`; with `none`, the last one wins without knowing. Default `version`.
   */
  readonly concurrency?: 'version' | 'none';
  /** How often to decide before giving up, as others are faster. Default 5. */
  readonly attempts?: number;
}

/** What an aggregate works with. */
export interface AggregateParts<C extends object, State> {
  readonly key: string;
  readonly load: () => Promise<Folded<State>>;
  readonly producer: () => Producer<C>;
  readonly options: AggregateOptions;
}

const DEFAULT_ATTEMPTS = 5;

/** One thing that events are about, by its key: read its state, decide, and append what follows from it. */
export class Aggregate<C extends object, State> {
  readonly #parts: AggregateParts<C, State>;

  constructor(parts: AggregateParts<C, State>) {
    this.#parts = parts;
  }

  get key(): string {
    return this.#parts.key;
  }

  /** Reads the state, and of how many events of its key it is. */
  async load(): Promise<{ readonly state: State; readonly version: number }> {
    const { state, count } = await this.#parts.load();
    return { state, version: count };
  }

  /**
   * Reads the state and appends the events that `decision` records, all or none. If somebody else has appended meanwhile,
   * it decides again from the new state; a decision without events appends nothing. What `decision` throws rejects.
   *
   * @throws BackboneError `EB_CONFLICT` when others were faster each time, and what an append rejects with.
   */
  async decide(decision: (state: State, record: BatchMethods<C>) => void): Promise<readonly Receipt[]> {
    const { key, producer, options } = this.#parts;
    const { concurrency = 'version', attempts = DEFAULT_ATTEMPTS } = options;
    for (let attempt = 1; ; attempt += 1) {
      const { state, version } = await this.load();
      const expected = concurrency === 'version' ? version : 'any';
      try {
        return await producer()
          .$with({ key, expected })
          .$batch((record) => decision(state, record));
      } catch (error) {
        if (attempt >= attempts || !isBackboneError(error, 'EB_CONFLICT')) throw error;
      }
    }
  }
}

/**
 * Refuses what an aggregate cannot be on this channel.
 *
 * @throws BackboneError `EB_UNSUPPORTED`, `EB_OPTIONS`
 */
export function checkAggregate({ concurrency, attempts = 1 }: AggregateOptions, canExpectVersions: boolean): void {
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    const message = 'an aggregate: `attempts` must be a whole number from 1';
    throw new BackboneError('EB_OPTIONS', message, { details: { path: 'attempts' } });
  }
  if (canExpectVersions || concurrency === 'none') return;
  const message =
    'this channel cannot keep two decisions about one key apart; use one that supports `expectedVersion`, or say that ' +
    "nobody else decides: `concurrency: 'none'`";
  throw new BackboneError('EB_UNSUPPORTED', message, { details: { missing: ['expectedVersion'] } });
}
