import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { EventBackboneHealthIndicator } from 'nest-event-backbone/health';

@Controller()
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly events: EventBackboneHealthIndicator,
  ) {}

  /** Liveness: worth a restart when it answers 503. */
  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.events.check('events', { lagMs: 120_000 })]);
  }

  /** Readiness: a new version takes over once it reads, and has caught up. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.events.ready('events', { maxLag: 1_000 })]);
  }
}
