import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import { afterErasure, afterStep, type Happening, type Shipment } from './shipment.js';

/** Keeps the state of every shipment, in memory: the events are what is kept, this is made from them at each start. */
@Injectable()
export class ShipmentBoard implements OnModuleDestroy {
  readonly #shipments = new Map<string, Shipment>();
  readonly #changes = new Subject<Shipment>();

  /** Every change from now on. */
  get changes(): Observable<Shipment> {
    return this.#changes;
  }

  /** All shipments, the oldest first. */
  list(): readonly Shipment[] {
    return [...this.#shipments.values()];
  }

  /** Notes what happened. */
  note(happening: Happening): Shipment {
    return this.#put(afterStep(this.#shipments.get(happening.shipment), happening));
  }

  /** Forgets who ordered; nothing happens to a shipment that is not known. */
  forget(shipment: string): Shipment | undefined {
    const before = this.#shipments.get(shipment);
    return before && this.#put(afterErasure(before));
  }

  onModuleDestroy(): void {
    this.#changes.complete();
  }

  #put(after: Shipment): Shipment {
    this.#shipments.set(after.shipment, after);
    this.#changes.next(after);
    return after;
  }
}
