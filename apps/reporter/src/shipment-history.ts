import { Injectable } from '@nestjs/common';
import { Erased, EventReader, InjectReader, type Reducer } from 'nest-event-backbone';
import { ShipmentTracking, type User } from '#contracts';
import { afterErasure, afterStep, type Customer, type Shipment, type Step } from './shipment.js';

/** Tells what shipments looked like at any moment; nothing was kept for it but the events. */
@Injectable()
export class ShipmentHistory {
  constructor(@InjectReader(ShipmentTracking) private readonly events: EventReader<ShipmentTracking>) {}

  /** What did this shipment look like then? `undefined` when there was none. */
  async at(shipment: string, moment: Date): Promise<Shipment | undefined> {
    const shipments = await this.events.fold(SHIPMENTS, { key: shipment, until: moment });
    return shipments.get(shipment);
  }

  /** All shipments as they were then, the oldest first. */
  async allAt(moment: Date): Promise<readonly Shipment[]> {
    return [...(await this.events.fold(SHIPMENTS, { until: moment })).values()];
  }
}

/** The state belongs to one fold, so it is changed in place: a copy for each event would cost the square of them. */
const SHIPMENTS: Reducer<ShipmentTracking, Map<string, Shipment>> = {
  initial: () => new Map(),
  on: {
    orderPlaced: (shipments, event) => {
      const { user, product } = event.args;
      return noted(shipments, event, 'placed', { customer: shown(user), product: product.name });
    },
    packing: (shipments, event) => noted(shipments, event, 'packing'),
    onDelivery: (shipments, event) => noted(shipments, event, 'on delivery'),
    onReceived: (shipments, event) => noted(shipments, event, 'received'),
    $erased: (shipments, { key }) => {
      const before = shipments.get(key);
      return before ? shipments.set(key, afterErasure(before)) : shipments;
    },
  },
};

function noted(
  shipments: Map<string, Shipment>,
  { key, appendedAt }: { readonly key: string; readonly appendedAt: Date },
  step: Step,
  order: { readonly customer?: Customer; readonly product?: string } = {},
): Map<string, Shipment> {
  return shipments.set(key, afterStep(shipments.get(key), { shipment: key, step, time: appendedAt, ...order }));
}

function shown(user: User | Erased): Customer {
  return user instanceof Erased ? 'erased' : { name: user.name, email: user.email };
}
