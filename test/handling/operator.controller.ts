import { Controller, Get, Param, Post } from '@nestjs/common';
import { Backbone, DeadLetters, type DeadLetter, type GroupReport } from 'nest-event-backbone';
import { Payments } from './payments.js';

@Controller()
export class OperatorController {
  constructor(
    private readonly backbone: Backbone,
    private readonly deadLetters: DeadLetters,
  ) {}

  @Get('groups')
  groups(): Promise<readonly GroupReport[]> {
    return this.backbone.groups();
  }

  @Get('dead-letters')
  list(): Promise<readonly DeadLetter[]> {
    return this.deadLetters.list(Payments, { limit: 50 });
  }

  @Post('dead-letters/:id/redrive')
  redrive(@Param('id') id: string): Promise<number> {
    return this.deadLetters.redrive(Payments, [id]);
  }

  @Post('groups/:group/pause')
  pause(@Param('group') group: string): void {
    this.backbone.pause(group);
  }
}
