import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { BackboneHealth, ReadinessOptions } from '../nest/backbone-health.js';
import type { HealthLimits } from '../nest/health-limits.js';
import type { HealthReport } from '../nest/health-report.js';
import { getHealthToken } from '../nest/tokens.js';

/** Which connection is meant; the only one when absent. */
export interface IndicatorOptions {
  readonly connection?: string;
}

/** Tells `@nestjs/terminus` whether events flow: `down`, `degraded` (answered with 200) or `up`, and why. */
@Injectable()
export class EventBackboneHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {}

  /** For a liveness check: see `BackboneHealth.check`. */
  async check<const Key extends string>(
    key: Key,
    { connection, ...limits }: HealthLimits & IndicatorOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const report = await this.#health(connection).check(limits);
    const indicator = this.indicators.check(key);
    switch (report.status) {
      case 'down':
        return indicator.down(shown(report));
      case 'degraded':
        return indicator.degraded(shown(report));
      case 'up':
        return indicator.up(shown(report));
    }
  }

  /** For a readiness check: `down` while this process should not be given work; see `BackboneHealth.ready`. */
  async ready<const Key extends string>(
    key: Key,
    { connection, ...options }: ReadinessOptions & IndicatorOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const { ready, reasons } = await this.#health(connection).ready(options);
    const indicator = this.indicators.check(key);
    return ready ? indicator.up() : indicator.down({ reasons });
  }

  #health(connection: string | undefined): BackboneHealth {
    return this.modules.get(getHealthToken(connection), { strict: false });
  }
}

/** Numbers for whoever looks; why a consumer has failed stays in the log. */
function shown({ problems, groups }: HealthReport): Record<string, unknown> {
  return {
    problems: problems.map(({ kind, of, message }) => ({ kind, of, message })),
    groups: groups.map(({ stream, group, lag, lagMs, pending, oldestPendingMs, deadLetters, consumer }) => ({
      ...{
        stream: stream.contract,
        group,
        status: consumer?.status,
        lag,
        lagMs,
        pending,
        oldestPendingMs,
        deadLetters,
      },
    })),
  };
}
