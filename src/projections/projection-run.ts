import { randomUUID } from 'node:crypto';
import {
  BackboneError,
  deadLetterReason,
  isBackboneError,
  pause,
  type Fields,
  type ReadEvent,
  type ReadModelSide,
  type SavedCheckpoint,
  type Stream,
} from '../core/index.js';
import { advanced, checkAnchor, covers } from './anchor.js';
import { eventFailure, isServerAway, takenOver } from './event-failure.js';
import { reportProjection, type ProjectionDiagnostic } from './projection-diagnostics.js';
import { ProjectionHandling } from './projection-handling.js';
import { streamOfProjection, type CheckedSettings, type ProjectionRunnerOptions } from './projection-options.js';

/** What one run is to do. */
export interface RunTask<Transaction> {
  /** The live model, or its shadow. */
  readonly side: ReadModelSide<Transaction>;
  /** Ends it between two transactions. */
  readonly signal: AbortSignal;
  /** End when everything there is has been read, instead of following. */
  readonly once?: boolean;
  /** Tells whether to make the model anew; it is made in any case where there is none. */
  readonly anew?: (saved: SavedCheckpoint) => boolean;
  /** Go on even if the log is another one. */
  readonly acceptLog?: boolean;
  /** Called after each transaction with the number of events that it took in. */
  readonly onProjected?: (events: number) => void;
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;

/** One run of a projection on one side of its read model, under a fence of its own. */
export class ProjectionRun<Transaction> {
  /** How the run stands; what it waits for is its `error`. */
  status: 'starting' | 'building' | 'live' | 'waiting' = 'starting';
  error: unknown;
  projected = 0;
  skipped = 0;
  erased = 0;
  readonly #options: ProjectionRunnerOptions<Transaction>;
  readonly #settings: CheckedSettings;
  readonly #task: RunTask<Transaction>;
  readonly #stream: Stream;
  readonly #handling: ProjectionHandling<Transaction>;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  #saved: SavedCheckpoint | undefined;
  readonly #holder = randomUUID();
  /** Whose handler runs, or has failed last. */
  #inHand: ReadEvent | undefined;
  #isBegun = false;
  #isTaking = false;
  #failures = 0;

  constructor(options: ProjectionRunnerOptions<Transaction>, settings: CheckedSettings, task: RunTask<Transaction>) {
    this.#options = options;
    this.#settings = settings;
    this.#task = task;
    this.#stream = streamOfProjection(options);
    this.#signal = either(task.signal, this.#ended.signal);
    this.#handling = new ProjectionHandling(options, { stream: this.#stream, stopping: this.#signal });
  }

  /** What was saved last; throws before the first fence. */
  get saved(): SavedCheckpoint {
    if (this.#saved) return this.#saved;
    throw new BackboneError('EB_CLOSED', `the projection ${this.#options.projection.name} was stopped before it began`);
  }

  /**
   * Reads and projects until its end.
   *
   * @throws BackboneError `EB_LEASE_LOST`, `EB_DIVERGED`, `EB_CONFLICT` for a model of another version, `EB_PROJECTION`
   *   for an event that fails; and what the channel and the read model refuse for good.
   */
  async run(): Promise<void> {
    const watching = setInterval(() => void this.#watch(), this.#settings.checkEveryMs).unref();
    try {
      while (!this.#task.signal.aborted && !(await this.#attempt()));
    } finally {
      clearInterval(watching);
      this.#ended.abort();
    }
  }

  /** Returns true when the run is over, false to try again. */
  async #attempt(): Promise<boolean> {
    const { side } = this.#task;
    try {
      await this.#takeFence();
      await this.#begin();
      await this.#follow();
      this.#checkHeld();
      return true;
    } catch (error) {
      this.#checkHeld();
      if (this.#task.signal.aborted) return true;
      if (!side.isTransient(error) && !isServerAway(error)) throw error;
      this.#failures += 1;
      this.#wait(error);
      const longest = Math.min(FIRST_WAIT_MS * 2 ** Math.min(this.#failures - 1, 10), LONGEST_WAIT_MS);
      await pause(longest * (0.5 + Math.random() / 2), this.#signal);
      this.#checkHeld();
      return false;
    }
  }

  /**
   * A new fence after each failure: the transaction that failed may have been committed, or may still end either way.
   * Taking the fence waits for it, or makes it fail; what is stored then is what counts, whatever the error was.
   */
  async #takeFence(): Promise<void> {
    const { side } = this.#task;
    this.#isTaking = true;
    try {
      this.#saved = await side.takeFence(this.#options.projection.name, this.#holder, this.#saved !== undefined);
    } finally {
      this.#isTaking = false;
    }
  }

  async #begin(): Promise<void> {
    const { projection, channel } = this.#options;
    const { side, anew, acceptLog = false } = this.#task;
    if (this.saved.version === 0 || (!this.#isBegun && anew?.(this.saved) === true)) {
      const next = { fence: this.saved.fence, version: projection.version, checkpoint: [], complete: false };
      await side.recreate(projection.name, next, async (tx) => projection.create?.(tx));
      this.#saved = next;
    }
    const { version, anchor, complete } = this.saved;
    if (version !== projection.version) throw otherVersion(projection.name, version, projection.version);
    if (!this.#isBegun && anchor && !acceptLog) await checkAnchor(channel, this.#stream, anchor);
    this.#isBegun = true;
    this.#is(complete ? 'live' : 'building');
  }

  async #follow(): Promise<void> {
    const { channel } = this.#options;
    const { batchSize } = this.#settings;
    const read = { stream: this.#stream, types: this.#handling.types, after: this.saved.checkpoint, batchSize };
    for await (const events of channel.read({ ...read, follow: this.#signal })) {
      if (events.length > 0) await this.#apply(events);
      else if (await this.#caughtUp()) return;
      if (this.#signal.aborted) return;
    }
    if (!this.#signal.aborted) throw new BackboneError('EB_CHANNEL', 'the channel ended a read that follows');
  }

  async #caughtUp(): Promise<boolean> {
    if (!this.saved.complete) {
      await this.#save((saved) => ({ ...saved, complete: true }));
      this.#is('live');
    }
    return this.#task.once === true;
  }

  /** Together as long as all goes well; one by one to find the event that fails. */
  async #apply(events: readonly ReadEvent[]): Promise<void> {
    let done = 0;
    try {
      while (done < events.length && !this.#signal.aborted) done += await this.#transact(events.slice(done));
      return;
    } catch (error) {
      if (!this.#isFaultOfEvent(error)) throw error;
    }
    await this.#takeFence();
    for (const event of events.slice(done)) {
      if (this.#signal.aborted) return;
      if (!this.#holds(event)) await this.#alone(event);
    }
  }

  /** Effects and checkpoint in one transaction; returns how many events it took in. */
  async #transact(events: readonly ReadEvent[]): Promise<number> {
    const { maxTransactionMs } = this.#settings;
    const { name } = this.#options.projection;
    const { side, onProjected } = this.#task;
    const began = performance.now();
    const isReplay = !this.saved.complete;
    const { next, count, erased } = await side.transaction(name, async (tx) => {
      let count = 0;
      const erased: ReadEvent[] = [];
      for (const event of events) {
        this.#inHand = event;
        if (!(await this.#handling.project(event, { tx, isReplay }))) erased.push(event);
        count += 1;
        if (performance.now() - began > maxTransactionMs || this.#signal.aborted) break;
      }
      this.#inHand = undefined;
      const next = advanced(this.saved, events.slice(0, count));
      await side.save(name, next, tx);
      return { next, count, erased };
    });
    this.#done(next);
    this.projected += count;
    this.#passOver(erased);
    onProjected?.(count);
    return count;
  }

  async #alone(event: ReadEvent): Promise<void> {
    const { projection } = this.#options;
    const { side, onProjected } = this.#task;
    try {
      await this.#transact([event]);
    } catch (error) {
      if (!this.#isFaultOfEvent(error)) throw error;
      await this.#takeFence();
      if (this.#holds(event)) return;
      if (this.#settings.onFailure === 'stop') throw eventFailure(projection.name, event, error);
      const { position, message } = event;
      const reason = deadLetterReason(error, 1, message?.fields);
      const skipped = { position, eventId: message?.id, type: message?.type, reason };
      await this.#save(
        (saved) => advanced(saved, [event]),
        (tx) => side.noteSkipped(projection.name, skipped, tx),
      );
      this.skipped += 1;
      this.#report({ kind: 'skipped', eventId: message?.id, type: message?.type, error }, message?.fields);
      onProjected?.(1);
    }
  }

  #passOver(erased: readonly ReadEvent[]): void {
    this.erased += erased.length;
    for (const { message } of erased) this.#report({ kind: 'erased', eventId: message?.id, type: message?.type });
  }

  async #save(
    change: (saved: SavedCheckpoint) => SavedCheckpoint,
    also?: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    const { side } = this.#task;
    const { name } = this.#options.projection;
    const next = change(this.saved);
    await side.transaction(name, async (tx) => {
      await also?.(tx);
      await side.save(name, next, tx);
    });
    this.#done(next);
  }

  #done(next: SavedCheckpoint): void {
    this.#saved = next;
    this.#failures = 0;
  }

  #holds({ position }: ReadEvent): boolean {
    return covers(this.saved.checkpoint, [position]);
  }

  #isFaultOfEvent(error: unknown): boolean {
    return !this.#task.side.isTransient(error) && !isBackboneError(error, 'EB_LEASE_LOST');
  }

  /** One that has nothing to do would never save, and so never learn that somebody else has taken over. */
  async #watch(): Promise<void> {
    const held = this.#saved?.fence;
    if (held === undefined || this.#isTaking) return;
    try {
      const now = await this.#task.side.load(this.#options.projection.name);
      // Its own newer fence, taken meanwhile, is no other's.
      if (now?.fence !== held && !this.#hasRenewed(held)) this.#ended.abort();
    } catch {
      // Whoever has something to save will hear of it.
    }
  }

  #hasRenewed(held: number): boolean {
    return this.#isTaking || this.#saved?.fence !== held;
  }

  #checkHeld(): void {
    if (this.#ended.signal.aborted) throw takenOver(this.#options.projection.name);
  }

  /** Told once, however often it is tried. */
  #wait(error: unknown): void {
    const isNew = this.status !== 'waiting';
    this.status = 'waiting';
    this.error = error;
    // A handler, too, may fail in a way that passes, and quote what it was given.
    if (isNew) this.#report({ kind: 'waiting', error }, this.#inHand?.message?.fields);
  }

  #is(status: 'building' | 'live'): void {
    const isNew = this.status !== status;
    this.status = status;
    this.error = undefined;
    if (isNew) this.#report({ kind: status });
  }

  #report(event: Pick<ProjectionDiagnostic, 'kind' | 'error' | 'eventId' | 'type'>, fields?: Fields): void {
    const { channel, projection } = this.#options;
    reportProjection({ channel, stream: this.#stream, projection: projection.name, ...event }, fields);
  }
}

function otherVersion(name: string, made: number, wanted: number): BackboneError {
  const message = `the model of the projection ${name} was made by its version ${made}, and this is version ${wanted}; make it anew with \`init\``;
  return new BackboneError('EB_CONFLICT', message, { details: { expected: wanted, actual: made } });
}

/** Fires with the first of two signals. In Node 20 what `AbortSignal.any` makes may be collected before it fires. */
function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  const first = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) first.abort(signal.reason);
    else signal.addEventListener('abort', () => first.abort(signal.reason), { once: true, signal: first.signal });
  }
  return first.signal;
}
