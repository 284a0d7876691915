import { BackboneError, type Checkpoint, type Position, type SkippedEvent } from '../core/index.js';
import type {
  InitOptions,
  InitReport,
  ProjectionRunner,
  ProjectionState,
  WaitForOptions,
} from '../projections/index.js';

/** The projections of a connection, by name: run them, make their models anew, see how they stand. Inject it by its class. */
export class Projections {
  #runners = new Map<string, ProjectionRunner>();
  #stopped: Promise<void> | undefined;

  /** Takes over what was found; starts nothing. */
  install(runners: readonly ProjectionRunner[]): void {
    this.#runners = new Map(runners.map((runner) => [runner.name, runner]));
  }

  get names(): readonly string[] {
    return [...this.#runners.keys()];
  }

  /**
   * Begins to follow; returns at once. It takes the projection over from whoever runs it.
   *
   * @throws BackboneError `EB_ARGUMENT` for a projection that this application does not have, `EB_CLOSED` once it stops.
   */
  run(name: string, options?: { readonly acceptLog?: boolean }): void {
    const runner = this.#runner(name);
    if (this.#stopped)
      throw new BackboneError('EB_CLOSED', 'the projections were stopped for good; start a new application');
    runner.start(options);
  }

  /** Resolves when a projection was stopped, and rejects with what it ended with otherwise; see `ProjectionRunner.ended`. */
  async ended(name: string): Promise<void> {
    return this.#runner(name).ended();
  }

  /** Makes a model anew; see `ProjectionRunner.init`. */
  async init(name: string, options?: InitOptions): Promise<InitReport> {
    return this.#runner(name).init(options);
  }

  /** Tells how a projection stands. */
  async state(name: string): Promise<ProjectionState> {
    return this.#runner(name).state();
  }

  /** Tells how all of them stand. */
  states(): Promise<readonly ProjectionState[]> {
    return Promise.all([...this.#runners.values()].map((runner) => runner.state()));
  }

  /** Lists the events that a projection passed over. */
  async skipped(name: string): Promise<readonly SkippedEvent[]> {
    return this.#runner(name).skipped();
  }

  /** Resolves when the model holds everything up to a position: `await projections.waitFor('users', receipt.position)`. */
  async waitFor(name: string, position: Position | Checkpoint, options?: WaitForOptions): Promise<void> {
    return this.#runner(name).waitFor(position, options);
  }

  /** Stops all of them for good; resolves by the deadline. */
  stop(timeoutMs: number): Promise<void> {
    this.#stopped ??= Promise.all([...this.#runners.values()].map((runner) => runner.stop(timeoutMs))).then(
      () => undefined,
    );
    return this.#stopped;
  }

  #runner(name: string): ProjectionRunner {
    const runner = this.#runners.get(name);
    if (runner) return runner;
    throw new BackboneError(
      'EB_ARGUMENT',
      `this application has no projection "${name}"; it has: ${this.names.join(', ')}`,
    );
  }
}
