import { readFileSync } from 'node:fs';
import {
  BadRequestException,
  Controller,
  Get,
  Header,
  NotFoundException,
  Param,
  Query,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { concat, defer, map, of, type Observable } from 'rxjs';
import { ShipmentBoard } from './shipment-board.js';
import { ShipmentHistory } from './shipment-history.js';
import type { Shipment } from './shipment.js';

/** Shows the board: as JSON, now and as it was, as a stream of changes, and as a page that follows them. */
@Controller()
export class ReporterController {
  readonly #page = readFileSync(new URL('./live-page.html', import.meta.url), 'utf8');

  constructor(
    private readonly board: ShipmentBoard,
    private readonly history: ShipmentHistory,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return this.#page;
  }

  /** `?at=2026-05-04T15:00:00Z` shows them as they were then. */
  @Get('shipments')
  shipments(@Query('at') at?: string): readonly Shipment[] | Promise<readonly Shipment[]> {
    return at === undefined ? this.board.list() : this.history.allAt(momentOf(at));
  }

  /** What did this shipment look like then, or what does it look like now? */
  @Get('shipments/:shipment')
  async shipment(@Param('shipment') shipment: string, @Query('at') at?: string): Promise<Shipment> {
    const moment = at === undefined ? new Date() : momentOf(at);
    const then = await this.history.at(shipment, moment);
    if (!then) throw new NotFoundException(`there was no shipment ${shipment} at ${moment.toISOString()}`);
    return then;
  }

  /** First all shipments as one event, then each change. */
  @Sse('events')
  events(): Observable<MessageEvent> {
    const all = defer(() => of({ type: 'all', data: [...this.board.list()] }));
    return concat(all, this.board.changes.pipe(map((shipment) => ({ type: 'change', data: shipment }))));
  }
}

function momentOf(at: string): Date {
  const moment = new Date(at);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new BadRequestException('`at` is a time, such as 2026-05-04T15:00:00Z');
}
