import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Backbone, EventContext, EventHandler } from 'nest-event-backbone';
import pc from 'picocolors';
import { AppSettings } from '#app-kit';
import { Product, ShipmentTracking, User } from '#contracts';
import { ShipmentBoard, STEPS, type Step } from './shipment-board.js';

/** Prints each event and puts it on the board. */
@Injectable()
export class ReporterService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('reporter');
  readonly #stopping = new AbortController();

  constructor(
    private readonly board: ShipmentBoard,
    private readonly backbone: Backbone,
    private readonly settings: AppSettings,
  ) {}

  onApplicationBootstrap(): void {
    void this.#begin();
  }

  onModuleDestroy(): void {
    this.#stopping.abort();
  }

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  orderPlaced(_user: User, product: Product, _time: Date, context: EventContext): void {
    this.#report('placed', context, product.name);
  }

  @EventHandler(ShipmentTracking, (e) => e.packing)
  packing(_email: string, _productId: number, _time: Date, context: EventContext): void {
    this.#report('packing', context);
  }

  @EventHandler(ShipmentTracking, (e) => e.onDelivery)
  onDelivery(_email: string, _productId: number, _time: Date, context: EventContext): void {
    this.#report('on delivery', context);
  }

  @EventHandler(ShipmentTracking, (e) => e.onReceived)
  onReceived(_email: string, _productId: number, _time: Date, context: EventContext): void {
    this.#report('received', context);
  }

  /** The board is empty now, so the group begins anew: the log of events is all that it takes to have the board back. */
  async #begin(): Promise<void> {
    const stream = { environment: this.settings.environment, contract: 'shipment-tracking' };
    for (let reset = false; !reset && !this.#isStopping();) {
      try {
        await this.backbone.channel.admin.reset(stream, 'reporter', 'beginning');
        reset = true;
      } catch (error) {
        this.#logger.warn(`the board cannot be filled yet: ${error instanceof Error ? error.message : String(error)}`);
        await wait(1_000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    if (!this.#isStopping()) this.backbone.start();
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #report(step: Step, { key, appendedAt }: EventContext, product?: string): void {
    const shipment = this.board.note({ shipment: key, step, time: appendedAt, product });
    const dots = STEPS.map((one) => (one in shipment.times ? '●' : '○')).join('');
    this.#logger.log(`${key.slice(0, 8)}  ${COLOURS[step](`${dots} ${step.padEnd(11)}`)} ${shipment.product ?? '?'}`);
  }
}

const COLOURS: Readonly<Record<Step, (text: string) => string>> = {
  placed: pc.cyan,
  packing: pc.yellow,
  'on delivery': pc.blue,
  received: pc.green,
};
