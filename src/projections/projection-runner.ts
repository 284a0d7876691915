import {
  BackboneError,
  comparePositions,
  deadline,
  isBackboneError,
  pause,
  reachedByAll,
  type Checkpoint,
  type Position,
  type SkippedEvent,
  type Stream,
  type StreamReader,
} from '../core/index.js';
import { covers } from './anchor.js';
import { countEvents } from './count-events.js';
import { isServerAway } from './event-failure.js';
import { initModel, type InitOptions, type InitReport } from './init-model.js';
import { ProjectionRun } from './projection-run.js';
import {
  checkedSettings,
  streamOfProjection,
  type CheckedSettings,
  type ProjectionRunnerOptions,
} from './projection-options.js';
import { checkedProjection, handledTypes } from './projection.js';
import { reportProjection } from './projection-diagnostics.js';
import { UnreadFront } from './unread-front.js';

/** How a projection stands: here, and in its read model. */
export interface ProjectionState {
  readonly name: string;
  readonly stream: Stream;
  /**
   * What this process does: `building` reads what there was, `live` follows, `waiting` tries again because a server is
   * away, `replaced` left the model to another runner, `failed` stopped for good.
   */
  readonly status: 'idle' | 'starting' | 'building' | 'live' | 'waiting' | 'stopped' | 'replaced' | 'failed';
  /** Why it waits, was replaced or failed. */
  readonly error?: unknown;
  /** Events that this process has taken in. */
  readonly projected: number;
  readonly skipped: number;
  /** Projected events whose handler did not run, because an argument that it needs was erased. */
  readonly erased: number;
  /** The version that made the model; absent where there is none. */
  readonly version?: number;
  /** False while the model does not hold everything yet. */
  readonly complete: boolean;
  /** Everything up to here is in the model. */
  readonly checkpoint: Checkpoint;
  readonly lag: ProjectionLag;
}

/** What is in the log and not in the model. */
export interface ProjectionLag {
  /** How many events; counting ends at 1000. */
  readonly events: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** How long the oldest of them has been waiting. */
  readonly seconds: number;
}

/** How to wait for a projection. */
export interface WaitForOptions {
  /** Default 10 000. */
  readonly timeoutMs?: number;
}

const MOST_COUNTED = 1_000;
const LONGEST_LOOK_MS = 200;

/** Keeps a read model up to date with a stream, makes it anew, and tells how it stands. */
export class ProjectionRunner<Transaction = unknown> implements StreamReader {
  /** The stream that it reads. */
  readonly stream: Stream;
  readonly #options: ProjectionRunnerOptions<Transaction>;
  readonly #settings: CheckedSettings;
  readonly #front: UnreadFront;
  readonly #shadowFront: UnreadFront;
  #following: Following<Transaction> | undefined;
  #status: ProjectionState['status'] = 'idle';
  #error: unknown;
  #initialising: Promise<InitReport> | undefined;

  /** @throws BackboneError `EB_OPTIONS`, `EB_NAME` */
  constructor(options: ProjectionRunnerOptions<Transaction>) {
    checkedProjection(options.projection);
    this.#options = options;
    this.#settings = checkedSettings(options);
    this.stream = streamOfProjection(options);
    this.#front = new UnreadFront(options);
    this.#shadowFront = new UnreadFront(options);
  }

  get name(): string {
    return this.#options.projection.name;
  }

  /**
   * Begins to follow; returns at once, whether or not the servers are there. It takes the projection over: a runner that
   * had it before can change nothing any more, and stops. `acceptLog` goes on where the log is not the one that the model
   * was made from (`EB_DIVERGED`).
   */
  start({ acceptLog = false }: { readonly acceptLog?: boolean } = {}): void {
    if (this.#following || this.#initialising) return;
    this.#follow(acceptLog);
  }

  /** Ends after the transaction that is under way, or at the deadline: then it comes to nothing, or is whole. */
  async stop(timeoutMs: number): Promise<void> {
    const following = this.#following;
    if (!following) return;
    following.stopping.abort();
    const { over, cancel } = deadline(timeoutMs);
    await Promise.race([following.ended, over]);
    cancel();
  }

  /**
   * Resolves when it follows no more because it was stopped.
   *
   * @throws what it ended with otherwise: `EB_LEASE_LOST` when another runner has taken over, `EB_PROJECTION` for an event
   *   that fails, and what else makes its status `failed`.
   */
  async ended(): Promise<void> {
    while (this.#following) {
      await this.#following.ended;
      // It goes on when the model was made anew.
      await this.#initialising?.catch(() => undefined);
    }
    if (this.#status === 'failed' || this.#status === 'replaced') throw this.#error;
  }

  /**
   * Makes the model anew from the log and resolves when it holds everything there was. What was begun and broken off goes
   * on where it was, unless `fresh`. While it lasts readers see an incomplete model; with `swap` they see the old one until
   * the new one takes its place. Whoever followed the old model stops; this runner goes on following if it did before.
   *
   * @throws BackboneError `EB_OPTIONS` for a projection without `create`, `EB_LEASE_LOST` when another runner takes over,
   *   `EB_PROJECTION` for an event that fails.
   */
  init(options: InitOptions = {}): Promise<InitReport> {
    this.#initialising ??= this.#init(options).finally(() => (this.#initialising = undefined));
    return this.#initialising;
  }

  /** Tells how the projection stands. Asks the read model and the channel, and rejects when one is away. */
  async state(): Promise<ProjectionState> {
    const { projection, channel, model } = this.#options;
    const saved = await model.load(projection.name);
    const checkpoint = saved?.checkpoint ?? [];
    const types = handledTypes(projection);
    const counted = await countEvents(channel, { stream: this.stream, types, after: checkpoint }, MOST_COUNTED);
    const { events, more, oldestAt = Date.now() } = counted;
    const run = this.#following?.run;
    return {
      name: this.name,
      stream: this.stream,
      status: this.#following?.run.status ?? this.#status,
      error: run ? run.error : this.#error,
      projected: run?.projected ?? 0,
      skipped: run?.skipped ?? 0,
      erased: run?.erased ?? 0,
      version: saved && saved.version > 0 ? saved.version : undefined,
      complete: saved?.complete === true,
      checkpoint,
      lag: { events, more, seconds: Math.max(0, (Date.now() - oldestAt) / 1_000) },
    };
  }

  /** Lists the events that were passed over since the model was made. */
  skipped(): Promise<readonly SkippedEvent[]> {
    return this.#options.model.skipped(this.name);
  }

  /**
   * Resolves when the model holds everything up to a position, whoever runs the projection. A receipt's `position` is one.
   *
   * @throws BackboneError `EB_TIMEOUT`; and what this runner stopped with, if it did.
   */
  async waitFor(position: Position | Checkpoint, { timeoutMs = 10_000 }: WaitForOptions = {}): Promise<void> {
    const wanted = 'partition' in position ? [position] : position;
    const signal = AbortSignal.timeout(timeoutMs);
    for (let lookMs = 5; ; lookMs = Math.min(lookMs * 1.5, LONGEST_LOOK_MS)) {
      if (await this.#holdsNow(wanted)) return;
      if (this.#status === 'failed' && !this.#following) throw this.#error;
      if (signal.aborted) {
        const message = `the projection ${this.name} did not get there in ${timeoutMs} ms; it is ${this.#following?.run.status ?? this.#status} here`;
        throw new BackboneError('EB_TIMEOUT', message, { cause: this.#following?.run.error });
      }
      await pause(lookMs, signal);
    }
  }

  /**
   * Tells up to where the log holds nothing that the model, or the one that is made beside it, still has to read. What lies
   * before may be removed, if nobody wants to make the model anew.
   */
  async reached(): Promise<Checkpoint> {
    const { projection, model } = this.#options;
    const [live, shadow] = await Promise.all([model.load(projection.name), model.shadow.load(projection.name)]);
    // A model of an older version is to be made anew.
    if (!live || live.version < projection.version) return [];
    const reached = await this.#front.behind(live);
    if (!shadow) return reached;
    return reachedByAll([reached, await this.#shadowFront.behind(shadow)]);
  }

  /** A server that is away has not said no. */
  async #holdsNow(wanted: Checkpoint): Promise<boolean> {
    try {
      return await this.#holds(wanted);
    } catch (error) {
      if (this.#options.model.isTransient(error) || isServerAway(error)) return false;
      throw error;
    }
  }

  /** A position may be that of an event that no handler is for: then it is enough that none before it is waiting. */
  async #holds(wanted: Checkpoint): Promise<boolean> {
    const { projection, channel, model } = this.#options;
    const saved = await model.load(projection.name);
    if (!saved || saved.version === 0) return false;
    if (covers(saved.checkpoint, wanted)) return true;
    const types = handledTypes(projection);
    const rest = channel.read({
      stream: this.stream,
      types,
      fields: [],
      after: saved.checkpoint,
      batchSize: 1,
      until: wanted,
    });
    for await (const events of rest) {
      const waits = events.some(({ position }) => wanted.some((one) => isUpTo(position, one)));
      if (waits) return false;
    }
    return true;
  }

  #follow(acceptLog: boolean): void {
    const stopping = new AbortController();
    const { model: side } = this.#options;
    const run = new ProjectionRun(this.#options, this.#settings, { side, signal: stopping.signal, acceptLog });
    const ended = run.run().then(
      () => this.#end('stopped', undefined),
      (error: unknown) => this.#end(isTakenOver(error) ? 'replaced' : 'failed', error),
    );
    this.#following = { run, stopping, ended };
  }

  #end(status: 'stopped' | 'replaced' | 'failed', error: unknown): void {
    this.#following = undefined;
    this.#status = status;
    this.#error = error;
    if (status === 'stopped') return;
    const { channel } = this.#options;
    reportProjection({ channel, stream: this.stream, projection: this.name, kind: status, error, ...eventOf(error) });
  }

  async #init(options: InitOptions): Promise<InitReport> {
    const wasFollowing = this.#following !== undefined;
    const stopFollowing = async (): Promise<void> => {
      this.#following?.stopping.abort();
      await this.#following?.ended;
    };
    try {
      return await initModel(this.#options, this.#settings, { ...options, stopFollowing });
    } finally {
      if (wasFollowing) {
        await stopFollowing();
        this.#follow(false);
      }
    }
  }
}

interface Following<Transaction> {
  readonly run: ProjectionRun<Transaction>;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

function isUpTo(position: Position, wanted: Position): boolean {
  return position.partition === wanted.partition && comparePositions(position, wanted) <= 0;
}

function isTakenOver(error: unknown): boolean {
  return isBackboneError(error, 'EB_LEASE_LOST');
}

function eventOf(error: unknown): { readonly eventId?: string; readonly type?: string } {
  if (!isBackboneError(error, 'EB_PROJECTION')) return {};
  const { eventId, type } = error.details as { readonly eventId?: string; readonly type?: string };
  return { eventId, type };
}
