import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Backbone, EventContext, EventHandler } from 'nest-event-backbone';
import pc from 'picocolors';
import { AppSettings } from '#app-kit';
import { Product, ShipmentTracking, User } from '#contracts';
import { ShipmentBoard, STEPS, type Step } from './shipment-board.js';

/** Prints each event and puts it on the board. */
@Injectable()
export class ReporterService implements OnModuleInit {
  readonly #logger = new Logger('reporter');

  constructor(
    private readonly board: ShipmentBoard,
    private readonly backbone: Backbone,
    private readonly settings: AppSettings,
  ) {}

  /** The board is empty now, so the group begins anew: the log of events is all that it takes to have the board back. */
  async onModuleInit(): Promise<void> {
    const stream = { environment: this.settings.environment, contract: 'shipment-tracking' };
    await this.backbone.channel.admin.reset(stream, 'reporter', 'beginning');
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
