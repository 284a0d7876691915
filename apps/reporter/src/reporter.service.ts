import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Backbone, Erased, EventContext, EventHandler, type Erasure } from 'nest-event-backbone';
import pc from 'picocolors';
import { AppSettings } from '#app-kit';
import { Product, ShipmentTracking, User } from '#contracts';
import { ShipmentBoard } from './shipment-board.js';
import { STEPS, type Happening, type Shipment, type Step } from './shipment.js';

/** Prints each event, without what is personal, and puts it on the board. */
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
    // The application may be closing by the time the group could begin.
    this.#begin().catch((error: unknown) => this.#warn('the board is not filled', error));
  }

  onModuleDestroy(): void {
    this.#stopping.abort();
  }

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  orderPlaced(user: User | Erased, product: Product, _time: Date, context: EventContext): void {
    const customer = user instanceof Erased ? 'erased' : { name: user.name, email: user.email };
    this.#report('placed', context, { customer, product: product.name });
  }

  @EventHandler(ShipmentTracking, (e) => e.packing)
  packing(_email: string | Erased, _productId: number, _time: Date, context: EventContext): void {
    this.#report('packing', context);
  }

  @EventHandler(ShipmentTracking, (e) => e.onDelivery)
  onDelivery(_email: string | Erased, _productId: number, _time: Date, context: EventContext): void {
    this.#report('on delivery', context);
  }

  @EventHandler(ShipmentTracking, (e) => e.onReceived)
  onReceived(_email: string | Erased, _productId: number, _time: Date, context: EventContext): void {
    this.#report('received', context);
  }

  /** Comes once for each shipment of a customer who was forgotten. */
  @EventHandler(ShipmentTracking, (e) => e.$erased)
  forget(_erasure: Erasure, { key }: EventContext): void {
    const shipment = this.board.forget(key);
    if (shipment) this.#print(shipment, 'erased', pc.dim);
  }

  /** The board is empty now, so the group begins anew: the log of events is all that it takes to have the board back. */
  async #begin(): Promise<void> {
    const stream = { environment: this.settings.environment, contract: 'shipment-tracking' };
    for (let reset = false; !reset && !this.#isStopping();) {
      try {
        const { admin } = this.backbone.channel;
        // One that is not there yet begins there by itself.
        if (await admin.state(stream, 'reporter')) await admin.reset(stream, 'reporter', 'beginning');
        reset = true;
      } catch (error) {
        this.#warn('the board cannot be filled yet', error);
        await wait(1_000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    if (!this.#isStopping()) this.backbone.start();
  }

  #warn(what: string, error: unknown): void {
    this.#logger.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #report(step: Step, { key, appendedAt }: EventContext, order: Pick<Happening, 'customer' | 'product'> = {}): void {
    this.#print(this.board.note({ shipment: key, step, time: appendedAt, ...order }), step, COLOURS[step]);
  }

  #print({ shipment, product, times }: Shipment, what: string, colour: (text: string) => string): void {
    const dots = STEPS.map((one) => (one in times ? '●' : '○')).join('');
    this.#logger.log(`${shipment.slice(0, 8)}  ${colour(`${dots} ${what.padEnd(11)}`)} ${product ?? '?'}`);
  }
}

const COLOURS: Readonly<Record<Step, (text: string) => string>> = {
  placed: pc.cyan,
  packing: pc.yellow,
  'on delivery': pc.blue,
  received: pc.green,
};
