import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import type { User } from '#contracts';

/** The steps of a shipment, in their order. */
export const STEPS = ['placed', 'packing', 'on delivery', 'received'] as const;

/** One step of a shipment. */
export type Step = (typeof STEPS)[number];

/** What the board shows of the person who ordered; `erased` for one who was forgotten. */
export type Customer = Readonly<Pick<User, 'name' | 'email'>> | 'erased';

/** How a shipment stands. */
export interface Shipment {
  readonly shipment: string;
  /** Absent until its orderPlaced event was seen. */
  readonly customer?: Customer;
  /** Absent until its orderPlaced event was seen. */
  readonly product?: string;
  readonly state: Step;
  /** When each step was stored, by the server's clock. */
  readonly times: Readonly<Partial<Record<Step, Date>>>;
}

/** Something that happened to a shipment. */
export interface Happening {
  readonly shipment: string;
  readonly step: Step;
  readonly time: Date;
  readonly customer?: Customer;
  readonly product?: string;
}

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

  /** Notes what happened. An event that is handed out twice, or late, changes nothing that is known already. */
  note({ shipment, step, time, customer, product }: Happening): Shipment {
    const before = this.#shipments.get(shipment);
    const times = { ...before?.times, [step]: before?.times[step] ?? time };
    const state = STEPS.findLast((one) => one in times) ?? step;
    return this.#put({
      shipment,
      // What was erased stays erased, even if an event that was read before is handled again.
      customer: before?.customer === 'erased' ? 'erased' : (customer ?? before?.customer),
      product: product ?? before?.product,
      state,
      times,
    });
  }

  /** Forgets who ordered; nothing happens to a shipment that is not known. */
  forget(shipment: string): Shipment | undefined {
    const before = this.#shipments.get(shipment);
    return before && this.#put({ ...before, customer: 'erased' });
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
