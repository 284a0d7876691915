import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { Backbone, BackboneHealth } from 'nest-event-backbone';
import { AppSettings } from './app-settings.js';

/** Tells how an app stands: `/health` for supervisors, `/status` for people and the demo. */
@Controller()
export class HealthController {
  constructor(
    private readonly backbone: Backbone,
    private readonly backboneHealth: BackboneHealth,
    private readonly settings: AppSettings,
  ) {}

  /** Answers 503 once a restart may help: a consumer has failed or stands still, or its server is away for long. */
  @Get('health')
  async health(): Promise<object> {
    const { status, problems } = await this.backboneHealth.check();
    const consumers = this.backbone.states().map(({ stream, group, status: consumer, inFlight }) => {
      return { stream: stream.contract, group, status: consumer, inFlight };
    });
    const report = { status, problems, consumers };
    if (status === 'down') throw new ServiceUnavailableException(report);
    return report;
  }

  /** Counts since the app started, for each group. */
  @Get('status')
  status(): object {
    const groups = this.backbone
      .states()
      .map(({ group, handled, deadLetters }) => [group, { handled, deadLetters }] as const);
    return { app: this.settings.name, environment: this.settings.environment, groups: Object.fromEntries(groups) };
  }
}
