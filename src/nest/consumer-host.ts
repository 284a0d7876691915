import { BackboneError, type Consumer, type ConsumerState } from '../core/index.js';

/** Holds a connection's consumers from start to end. */
export class ConsumerHost {
  #consumers: readonly Consumer[] = [];
  #drained: Promise<void> | undefined;
  #ready = false;
  #wanted = false;

  constructor(private readonly shutdownTimeoutMs: number) {}

  /** How each consumer stands. */
  get states(): readonly ConsumerState[] {
    return this.#consumers.map(({ state }) => state);
  }

  /**
   * The consumers of a group: one for each stream that it reads.
   *
   * @throws BackboneError `EB_ARGUMENT`
   */
  consumersOf(group: string): readonly Consumer[] {
    const found = this.#consumers.filter(({ state }) => state.group === group);
    if (found.length > 0) return found;
    const groups = [...new Set(this.#consumers.map(({ state }) => state.group))];
    const known = groups.length > 0 ? `; it reads: ${groups.join(', ')}` : '';
    throw new BackboneError('EB_ARGUMENT', `this process reads no group "${group}"${known}`, { details: { group } });
  }

  /** Takes over the consumers that this process is to run; starts nothing. */
  install(consumers: readonly Consumer[]): void {
    this.#consumers = consumers;
  }

  /** The application has started: from now on consumers may read, and they do if that was asked for before. */
  ready(): void {
    this.#ready = true;
    if (this.#wanted && !this.#drained) this.start();
  }

  /** Begins to read, now or once the application has started; never waits for the server. */
  start(): void {
    if (this.#drained) {
      throw new BackboneError('EB_CLOSED', 'the consumers were stopped for good; start a new application');
    }
    this.#wanted = true;
    if (!this.#ready) return;
    for (const consumer of this.#consumers) consumer.start();
  }

  /** Stops all consumers side by side; resolves by the deadline. Later calls join the first. */
  drain(): Promise<void> {
    this.#drained ??= Promise.all(this.#consumers.map((consumer) => consumer.stop(this.shutdownTimeoutMs))).then(
      () => undefined,
    );
    return this.#drained;
  }
}
