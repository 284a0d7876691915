import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Erased, EventContext, EventHandler, InjectProducer, type Producer } from 'nest-event-backbone';
import { AppSettings } from '#app-kit';
import { Product, ShipmentTracking, User } from '#contracts';

/**
 * Carries each shipment one step further for every event: what happened last makes the next thing happen.
 *
 * The events it produces keep the key of their cause, the shipment, and have ids derived from it: a step that is done
 * twice, because this process was killed before it could say so, is stored once.
 *
 * The shipment of a customer who was forgotten stands still: nobody knows any more where it is to go.
 */
@Injectable()
export class TransitService {
  readonly #logger = new Logger('transit');

  constructor(
    @InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>,
    private readonly settings: AppSettings,
  ) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack(user: User | Erased, product: Product, _time: Date, context: EventContext): Promise<void> {
    if (user instanceof Erased) return;
    await this.#work(context);
    await this.shipments.packing(user.email, product.id, new Date());
    this.#log(context, 'orderPlaced → packing');
  }

  @EventHandler(ShipmentTracking, (e) => e.packing)
  async handOver(email: string | Erased, productId: number, _time: Date, context: EventContext): Promise<void> {
    if (email instanceof Erased) return;
    await this.#work(context);
    await this.shipments.onDelivery(email, productId, new Date());
    this.#log(context, 'packing → onDelivery');
  }

  @EventHandler(ShipmentTracking, (e) => e.onDelivery)
  async deliver(email: string | Erased, productId: number, _time: Date, context: EventContext): Promise<void> {
    if (email instanceof Erased) return;
    await this.#work(context);
    await this.shipments.onReceived(email, productId, new Date());
    this.#log(context, 'onDelivery → onReceived');
  }

  @EventHandler(ShipmentTracking, (e) => e.onReceived)
  finish(_email: string | Erased, _productId: number, _time: Date, context: EventContext): void {
    this.#log(context, 'onReceived, done');
  }

  /** Takes as long as the settings say, unless the event is no longer ours. */
  async #work({ signal }: EventContext): Promise<void> {
    const { stepDelayMs } = this.settings;
    if (stepDelayMs > 0) await wait(stepDelayMs, undefined, { signal });
  }

  #log({ key }: EventContext, what: string): void {
    this.#logger.log(`${key.slice(0, 8)}  ${what}`);
  }
}
