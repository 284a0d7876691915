import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import { reportChannel } from './diagnostics.js';
import { BackboneError, describeError } from './errors.js';
import { comparePositions, type Checkpoint } from './position.js';

/** Which events are old enough to go: all that are older, or more than so many; both must let an event go. */
export interface RetentionOptions {
  /** How old an event must be, by the server's clock. */
  readonly maxAgeMs?: number;
  /** How many of the newest events of each partition stay. */
  readonly maxEvents?: number;
  /** How often to look. Default 60,000. */
  readonly everyMs?: number;
}

/** Retention options with every default filled in. */
export type CheckedRetention = RetentionOptions & Required<Pick<RetentionOptions, 'everyMs'>>;

/** Somebody who reads a stream without a group, such as a projection, and needs what he has not read yet. */
export interface StreamReader {
  readonly stream: Stream;
  /** Tells up to where he needs nothing any more; of a partition that is not named he needs everything. */
  reached(): Promise<Checkpoint>;
}

/**
 * Removes old events now and then, at most up to what the slowest group has finished (see `ChannelAdmin.trim`) and the
 * slowest reader has reached. It may run in several processes at once; each asks the readers it knows. Where there are readers
 * the newest event of each partition stays.
 */
export class Retention {
  readonly #channel: Channel;
  readonly #streams: () => readonly Stream[];
  readonly #options: CheckedRetention;
  readonly #readers: () => readonly StreamReader[];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /**
   * `streams` says which streams to trim, `readers` who reads them without a group; both are asked each time.
   *
   * @throws BackboneError `EB_OPTIONS`
   */
  constructor(
    channel: Channel,
    streams: () => readonly Stream[],
    options: RetentionOptions,
    readers: () => readonly StreamReader[] = () => [],
  ) {
    this.#channel = channel;
    this.#streams = streams;
    this.#options = checkedRetention(options);
    this.#readers = readers;
  }

  /** Begins to trim, for the first time after one interval. */
  start(): void {
    this.#timer ??= setInterval(() => void this.run(), this.#options.everyMs).unref();
  }

  /** Trims all streams once; joins a run that is under way. Never rejects: what goes wrong is reported, and tried again. */
  run(): Promise<void> {
    return (this.#running ??= this.#run().finally(() => (this.#running = undefined)));
  }

  /** Stops, when a run that is under way is over. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { maxAgeMs, maxEvents: keep } = this.#options;
    const before = maxAgeMs === undefined ? undefined : Date.now() - maxAgeMs;
    for (const stream of this.#streams()) {
      try {
        const until = await this.#reached(stream);
        if (until?.length === 0) continue;
        // By the newest event a reader sees that the log is still the one that he knows.
        await this.#channel.admin.trim(stream, { before, until, keep: until ? Math.max(keep ?? 0, 1) : keep });
      } catch (error) {
        const reason = `old events could not be removed: ${describeError(error)}`;
        reportChannel({ channel: this.#channel, kind: 'fault', stream, reason });
      }
    }
  }

  /** Up to where every reader of a stream has read; absent when there is none. */
  async #reached(stream: Stream): Promise<Checkpoint | undefined> {
    const readers = this.#readers().filter(
      ({ stream: { environment, contract } }) => environment === stream.environment && contract === stream.contract,
    );
    if (readers.length === 0) return undefined;
    return reachedByAll(await Promise.all(readers.map((reader) => reader.reached())));
  }
}

/** Returns what all of some checkpoints have reached. */
export function reachedByAll([first = [], ...others]: readonly Checkpoint[]): Checkpoint {
  return others.reduce(
    (common, other) =>
      common.flatMap((position) => {
        const own = other.find(({ partition }) => partition === position.partition);
        if (!own) return [];
        return comparePositions(own, position) < 0 ? own : position;
      }),
    first,
  );
}

/**
 * Checks retention options and fills in defaults.
 *
 * @throws BackboneError `EB_OPTIONS` for none at all, and for numbers that make no sense.
 */
export function checkedRetention(options: RetentionOptions): CheckedRetention {
  const { maxAgeMs, maxEvents, everyMs = 60_000 } = options;
  if (maxAgeMs === undefined && maxEvents === undefined) throw refused('name maxAgeMs, maxEvents or both');
  for (const [name, value] of Object.entries({ maxAgeMs, maxEvents, everyMs })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= (name === 'everyMs' ? 1 : 0))) continue;
    throw refused(`${name} must be a whole number`);
  }
  if (everyMs > LONGEST_TIMER_MS) throw refused(`everyMs must be at most ${LONGEST_TIMER_MS}`);
  return { maxAgeMs, maxEvents, everyMs };
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `retention: ${message}`, { details: { path: 'retention' } });
}
