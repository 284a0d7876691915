import { readFileSync } from 'node:fs';
import { Controller, Get, Header, Sse, type MessageEvent } from '@nestjs/common';
import { concat, defer, map, of, type Observable } from 'rxjs';
import { ShipmentBoard, type Shipment } from './shipment-board.js';

/** Shows the board: as JSON, as a stream of changes, and as a page that follows them. */
@Controller()
export class ReporterController {
  readonly #page = readFileSync(new URL('./live-page.html', import.meta.url), 'utf8');

  constructor(private readonly board: ShipmentBoard) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return this.#page;
  }

  @Get('shipments')
  shipments(): readonly Shipment[] {
    return this.board.list();
  }

  /** First all shipments as one event, then each change. */
  @Sse('events')
  events(): Observable<MessageEvent> {
    const all = defer(() => of({ type: 'all', data: [...this.board.list()] }));
    return concat(all, this.board.changes.pipe(map((shipment) => ({ type: 'change', data: shipment }))));
  }
}
