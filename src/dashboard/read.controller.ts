import {
  Controller,
  Get,
  HttpException,
  Inject,
  Param,
  Query,
  Req,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import type {
  EventChain,
  EventPage,
  EventView,
  ProjectionView,
  Session,
  StreamDetail,
  StreamSummary,
} from './dashboard-api.js';
import { DashboardFailures } from './dashboard-failures.js';
import { DashboardGate } from './dashboard-gate.js';
import { EventBrowser, type EventQuery } from './event-browser.js';
import { KnownStreams } from './known-streams.js';
import { PACKAGE_VERSION } from './package-root.js';
import { ProjectionWatch } from './projection-watch.js';
import { refusal } from './refusal.js';
import { StreamWatch } from './stream-watch.js';
import { Viewers } from './viewers.js';

/** Makes the controller of what the dashboard only looks at. */
export function readController(path: string): Type {
  @Controller({ path: `${path}/api`, version: VERSION_NEUTRAL })
  @UseGuards(DashboardGate)
  @UseFilters(DashboardFailures)
  class DashboardReadController {
    readonly #viewers: Viewers;
    readonly #streams: KnownStreams;
    readonly #watch: StreamWatch;
    readonly #browser: EventBrowser;
    readonly #projections: ProjectionWatch;

    constructor(
      @Inject(Viewers) viewers: Viewers,
      @Inject(KnownStreams) streams: KnownStreams,
      @Inject(StreamWatch) watch: StreamWatch,
      @Inject(EventBrowser) browser: EventBrowser,
      @Inject(ProjectionWatch) projections: ProjectionWatch,
    ) {
      this.#viewers = viewers;
      this.#streams = streams;
      this.#watch = watch;
      this.#browser = browser;
      this.#projections = projections;
    }

    @Get('session')
    session(@Req() request: object): Session {
      const { actions, personal } = this.#viewers.accessOf(request);
      const connections = this.#streams.connections.map(({ label }) => label);
      return { actions, personal, connections, version: PACKAGE_VERSION };
    }

    @Get('streams')
    streams(): readonly StreamSummary[] {
      this.#watch.touch();
      return this.#watch.records.map(({ summary }) => summary);
    }

    @Get('streams/:stream')
    async stream(@Param('stream') id: string): Promise<StreamDetail> {
      return (await this.#watch.now(this.#streams.get(id))).detail;
    }

    @Get('streams/:stream/events')
    events(@Param('stream') id: string, @Query() query: EventQuery, @Req() request: object): Promise<EventPage> {
      return this.#browser.page(this.#streams.get(id), onlyTexts(query), this.#viewers.accessOf(request).personal);
    }

    @Get('streams/:stream/events/:position')
    async event(
      @Param('stream') id: string,
      @Param('position') position: string,
      @Req() request: object,
    ): Promise<EventView> {
      const found = await this.#browser.one(this.#streams.get(id), position, this.#viewers.accessOf(request).personal);
      if (found) return found;
      throw noEvent();
    }

    @Get('streams/:stream/events/:position/chain')
    async chain(@Param('stream') id: string, @Param('position') position: string): Promise<EventChain> {
      const found = await this.#browser.chain(this.#streams.get(id), position);
      if (found) return found;
      throw noEvent();
    }

    @Get('projections')
    projections(): Promise<readonly ProjectionView[]> {
      return this.#projections.views();
    }
  }
  return DashboardReadController;
}

function noEvent(): HttpException {
  return refusal(404, 'NOT_FOUND', 'there is no event at this position, or none any more');
}

/** A parameter that is repeated, or empty, is none. */
function onlyTexts(query: Readonly<Record<string, unknown>>): EventQuery {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => typeof value === 'string' && value !== ''));
}
