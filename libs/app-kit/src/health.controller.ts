import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { Backbone } from 'nest-event-backbone';
import { AppSettings } from './app-settings.js';

/** Tells how an app stands: `/health` for supervisors, `/status` for people and the demo. */
@Controller()
export class HealthController {
  constructor(
    private readonly backbone: Backbone,
    private readonly settings: AppSettings,
  ) {}

  /** Answers 503 once a consumer has failed for good; a server that is away is waited for, and no failure. */
  @Get('health')
  health(): object {
    const consumers = this.backbone.states().map(({ stream, group, status, inFlight }) => {
      return { stream: stream.contract, group, status, inFlight };
    });
    if (consumers.some(({ status }) => status === 'failed')) {
      throw new ServiceUnavailableException({ status: 'failed', consumers });
    }
    return { status: 'ok', consumers };
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
