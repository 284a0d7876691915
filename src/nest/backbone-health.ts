import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { describeError, type ConsumerState } from '../core/index.js';
import type { Connection } from './connection.js';
import type { ConsumerHost } from './consumer-host.js';
import { groupReports, type GroupReport } from './group-report.js';
import { checkedLimits, type HealthLimits } from './health-limits.js';
import type { HealthProblem } from './health-problem.js';
import { healthReport, type HealthReport } from './health-report.js';
import { HealthWatch } from './health-watch.js';

/** Whether an application may be given work. */
export interface Readiness {
  readonly ready: boolean;
  /** Why not, one sentence each. */
  readonly reasons: readonly string[];
}

/** What must hold before an application is ready. */
export interface ReadinessOptions extends Pick<HealthLimits, 'answerMs'> {
  /** No more events than this wait for a group of this process. Default: any number may wait. */
  readonly maxLag?: number;
}

/**
 * Tells whether events flow through this process, not only whether its server answers: a consumer that has failed, stands
 * still, falls behind or loses its events is seen. Inject it by its class.
 */
export class BackboneHealth implements OnModuleInit, OnApplicationShutdown {
  readonly #connection: Connection;
  readonly #host: ConsumerHost;
  readonly #now: () => number;
  readonly #watch: HealthWatch;
  #awaySince: number | undefined;

  constructor(connection: Connection, host: ConsumerHost, now: () => number = () => Date.now()) {
    this.#connection = connection;
    this.#host = host;
    this.#now = now;
    this.#watch = new HealthWatch(connection.channel, now);
  }

  onModuleInit(): void {
    this.#watch.open();
  }

  onApplicationShutdown(): void {
    this.#watch.close();
  }

  /**
   * Looks at the server, the consumers, the projections and the relays of this process. Never rejects because a server is
   * away: that is what it tells.
   *
   * @throws BackboneError `EB_OPTIONS` for a limit that is no number above zero.
   */
  async check(limits: HealthLimits = {}): Promise<HealthReport> {
    const checked = checkedLimits(limits);
    const { groups, problem } = await this.#asked(checked);
    const sources = await Promise.all(this.#connection.healthSources.map(async (source) => source()));
    const problems = [
      ...(problem ? [problem] : []),
      ...this.#host.states.flatMap((state) => this.#problemsOf(state, groups, checked)),
      ...sources.flat(),
    ];
    const own = (groups ?? []).filter(({ consumer }) => consumer);
    return healthReport(problems, own);
  }

  /**
   * Tells whether this process may be given work: its consumers run, the server answers and, where asked for, they have
   * caught up. While it shuts down it is not ready.
   */
  async ready({ maxLag = Infinity, answerMs }: ReadinessOptions = {}): Promise<Readiness> {
    const { groups, problem } = await this.#asked(checkedLimits({ answerMs }));
    const reasons = this.#host.states
      .filter(({ status }) => status !== 'running' && status !== 'paused')
      .map((state) => `${nameOf(state)} does not read: it is ${state.status}`);
    if (problem) reasons.push(problem.message);
    for (const { consumer, lag = 0 } of groups ?? []) {
      if (consumer && lag > maxLag) reasons.push(`${nameOf(consumer)} is ${lag} events behind`);
    }
    return { ready: reasons.length === 0, reasons };
  }

  /** What the server says about the groups, or that it says nothing. */
  async #asked({ answerMs, awayMs }: Required<HealthLimits>): Promise<{
    readonly groups?: readonly GroupReport[];
    readonly problem?: HealthProblem;
  }> {
    try {
      const groups = await within(answerMs, groupReports(this.#connection, this.#host));
      this.#awaySince = undefined;
      return { groups };
    } catch (error) {
      this.#awaySince ??= this.#now();
      const forMs = this.#now() - this.#awaySince;
      const status = forMs >= awayMs ? 'down' : 'degraded';
      const message = `the server does not answer, for ${seconds(forMs)}: ${describeError(error)}`;
      return { problem: { status, kind: 'away', message } };
    }
  }

  #problemsOf(
    state: ConsumerState,
    groups: readonly GroupReport[] | undefined,
    limits: Required<HealthLimits>,
  ): readonly HealthProblem[] {
    const of = nameOf(state);
    if (state.status === 'failed') {
      return [{ status: 'down', kind: 'failed', of, message: `${of} has failed and reads no more` }];
    }
    const report = groups?.find(({ stream, group }) => nameOf({ stream, group }) === of);
    const { lag = 0, lagMs = 0, oldestPendingMs = 0, deadLetters = 0 } = report ?? {};
    const standsMs = this.#watch.standstillMs(state, lag);
    const lost = this.#watch.leaseLosses(state);
    const degraded = (kind: HealthProblem['kind'], message: string): HealthProblem => ({
      ...{ status: 'degraded', kind, of, message: `${of} ${message}` },
    });
    const problems: HealthProblem[] = [];
    // While the server is away nobody comes further, and a restart would not help.
    if (report && standsMs >= limits.stuckMs) {
      const message = `${of} has finished nothing for ${seconds(standsMs)}: ${state.running} handlers run, ${lag} events wait`;
      problems.push({ status: 'down', kind: 'stuck', of, message });
    }
    if (state.status === 'paused') problems.push(degraded('paused', 'is paused'));
    if (lag > limits.lag) problems.push(degraded('lagging', `is ${lag} events behind`));
    if (lagMs > limits.lagMs) problems.push(degraded('lagging', `is ${seconds(lagMs)} behind`));
    if (oldestPendingMs > limits.pendingMs) {
      problems.push(degraded('pending', `has an event that is not finished for ${seconds(oldestPendingMs)}`));
    }
    if (lost >= limits.leaseLosses) problems.push(degraded('leaseLost', `has lost events to others ${lost} times`));
    if (deadLetters >= limits.deadLetters) problems.push(degraded('deadLetters', `has ${deadLetters} dead letters`));
    return problems;
  }
}

function nameOf({ stream, group }: Pick<ConsumerState, 'stream' | 'group'>): string {
  return `${stream.contract}:${group}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
