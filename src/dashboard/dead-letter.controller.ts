import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { ActionCheck, type Action } from './action-check.js';
import type { ActionResult, DeadLetterDetail, DeadLetterPage } from './dashboard-api.js';
import type { DashboardRequest } from './dashboard.options.js';
import { DashboardFailures } from './dashboard-failures.js';
import { DashboardGate } from './dashboard-gate.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { KnownStreams } from './known-streams.js';
import { Viewers } from './viewers.js';

/** Makes the controller of what groups have set aside, and of what can be done about it. */
export function deadLetterController(path: string): Type {
  @Controller({ path: `${path}/api/streams/:stream/groups/:group/dead-letters`, version: VERSION_NEUTRAL })
  @UseGuards(DashboardGate)
  @UseFilters(DashboardFailures)
  class DashboardDeadLetterController {
    readonly #viewers: Viewers;
    readonly #streams: KnownStreams;
    readonly #desk: DeadLetterDesk;
    readonly #check: ActionCheck;

    constructor(
      @Inject(Viewers) viewers: Viewers,
      @Inject(KnownStreams) streams: KnownStreams,
      @Inject(DeadLetterDesk) desk: DeadLetterDesk,
      @Inject(ActionCheck) check: ActionCheck,
    ) {
      this.#viewers = viewers;
      this.#streams = streams;
      this.#desk = desk;
      this.#check = check;
    }

    @Get()
    list(
      @Param('stream') stream: string,
      @Param('group') group: string,
      @Query('after') after: unknown,
      @Query('limit') limit: unknown,
    ): Promise<DeadLetterPage> {
      return this.#desk.page(this.#streams.get(stream), group, { after: textOf(after), limit: textOf(limit) });
    }

    @Get(':id')
    show(
      @Param('stream') stream: string,
      @Param('group') group: string,
      @Param('id') id: string,
      @Req() request: object,
    ): Promise<DeadLetterDetail> {
      return this.#desk.show(this.#streams.get(stream), group, id, this.#viewers.accessOf(request).personal);
    }

    @Post('redrive')
    @HttpCode(200)
    redrive(
      @Param('stream') stream: string,
      @Param('group') group: string,
      @Req() request: DashboardRequest,
      @Body() body: unknown,
    ): Promise<ActionResult> {
      return this.#act('redrive', request, body, stream, group);
    }

    @Post('remove')
    @HttpCode(200)
    remove(
      @Param('stream') stream: string,
      @Param('group') group: string,
      @Req() request: DashboardRequest,
      @Body() body: unknown,
    ): Promise<ActionResult> {
      return this.#act('remove', request, body, stream, group);
    }

    async #act(
      action: Action,
      request: DashboardRequest,
      body: unknown,
      stream: string,
      group: string,
    ): Promise<ActionResult> {
      const { actions, who } = this.#viewers.accessOf(request);
      const ids = this.#check.idsOf(action, request, body, actions);
      const known = this.#streams.get(stream);
      return { done: await this.#desk.act(action, known, group, { ids, who }) };
    }
  }
  return DashboardDeadLetterController;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
