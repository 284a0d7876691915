import type { LoggerService, OnApplicationBootstrap, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { describeError, isBackboneError, pause } from '../core/index.js';
import type { Privacy } from '../privacy/index.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Ties privacy to the application's life: secrets are checked before it starts, erasures that were cut off finished after. */
export class PrivacyRun implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #privacy: Privacy;
  readonly #logger: Required<Pick<LoggerService, 'warn'>>;
  readonly #stopped = new AbortController();

  constructor(privacy: Privacy, logger: Required<Pick<LoggerService, 'warn'>>) {
    this.#privacy = privacy;
    this.#logger = logger;
  }

  async onModuleInit(): Promise<void> {
    if (!this.#privacy.isSetUp) return;
    try {
      await this.#privacy.verify();
    } catch (error) {
      if (isBackboneError(error, 'EB_OPTIONS')) throw error;
      this.#logger.warn(
        `the stores of keys and data subjects are away, and are checked later: ${describeError(error)}`,
      );
    }
  }

  onApplicationBootstrap(): void {
    if (this.#privacy.isSetUp) void this.#resume();
  }

  onModuleDestroy(): void {
    this.#stopped.abort();
  }

  /** What is cut off by the application's end is finished after the next start. */
  async #resume(): Promise<void> {
    for (let attempt = 0; !this.#isStopped(); attempt += 1) {
      try {
        await this.#privacy.resume();
        return;
      } catch (error) {
        if (this.#isStopped()) return;
        this.#logger.warn(`erasures that were cut off cannot be finished yet: ${describeError(error)}`);
        const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS);
        await pause(longest * (0.5 + Math.random() / 2), this.#stopped.signal);
      }
    }
  }

  /** Asked anew each time: it changes while somebody waits. */
  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
