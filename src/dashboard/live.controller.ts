import type { ServerResponse } from 'node:http';
import { Controller, Get, Inject, Query, Res, UseFilters, UseGuards, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { DashboardFailures } from './dashboard-failures.js';
import { DashboardGate } from './dashboard-gate.js';
import { LiveFeed } from './live-feed.js';

const MOST_VISIBLE = 100;

/** Makes the controller of the live feed. */
export function liveController(path: string): Type {
  @Controller({ path: `${path}/api/live`, version: VERSION_NEUTRAL })
  @UseGuards(DashboardGate)
  @UseFilters(DashboardFailures)
  class DashboardLiveController {
    readonly #feed: LiveFeed;

    constructor(@Inject(LiveFeed) feed: LiveFeed) {
      this.#feed = feed;
    }

    @Get()
    live(
      @Query('stream') stream: unknown,
      @Query('visible') visible: unknown,
      @Res() response: ServerResponse | FastifyReply,
    ): void {
      this.#feed.open(ownResponse(response), {
        stream: typeof stream === 'string' ? stream : undefined,
        visible: typeof visible === 'string' ? visible.split(',').slice(0, MOST_VISIBLE) : [],
      });
    }
  }
  return DashboardLiveController;
}

/** What this needs of a reply of Fastify's. */
interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): void;
}

/** Node's own response; Fastify is told that it is taken care of. */
function ownResponse(response: ServerResponse | FastifyReply): ServerResponse {
  if (!('raw' in response)) return response;
  response.hijack();
  return response.raw;
}
