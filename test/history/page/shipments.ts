import { Injectable } from '@nestjs/common';
import {
  ContractEvent,
  EventReader,
  EventsContract,
  InjectReader,
  Key,
  type PlainEvent,
  type Position,
  type Receipt,
  type Reducer,
} from 'nest-event-backbone';

@EventsContract('shipments')
export class Shipments {
  @ContractEvent()
  packed(@Key() shipment: string, weight: number) {
    return { shipment, weight };
  }

  @ContractEvent()
  moved(@Key() shipment: string, place: string, time: Date) {
    return { shipment, place, time };
  }

  @ContractEvent()
  delivered(@Key() shipment: string) {
    return { shipment };
  }
}

export interface Shipment {
  readonly weight: number;
  readonly place: string;
  readonly isDelivered: boolean;
}

export const SHIPMENT: Reducer<Shipments, Shipment> = {
  name: 'shipment',
  version: 1,
  initial: () => ({ weight: 0, place: 'unknown', isDelivered: false }),
  on: {
    packed: (shipment, { args }) => ({ ...shipment, weight: args.weight }),
    moved: (shipment, { args }) => ({ ...shipment, place: args.place }),
    delivered: (shipment) => ({ ...shipment, isDelivered: true }),
  },
};

@Injectable()
export class ShipmentHistory {
  constructor(@InjectReader(Shipments) private readonly shipments: EventReader<Shipments>) {}

  /** What did this shipment look like then? */
  at(shipment: string, moment: Date): Promise<Shipment> {
    return this.shipments.fold(SHIPMENT, { key: shipment, until: moment });
  }

  /** Where was it between these times? */
  async places(shipment: string, from: Date, until: Date): Promise<readonly string[]> {
    const places: string[] = [];
    const moves = this.shipments.events({ key: shipment, from, until, types: [(e) => e.moved], fields: ['place'] });
    for await (const { args } of moves) places.push(args.place);
    return places;
  }

  /** Tells what happens from now on, and what happened since somebody looked last. */
  async *live(since: Position | undefined, stop: AbortSignal): AsyncGenerator<string> {
    for await (const event of this.shipments.events({ ...(since && { after: since }), follow: stop })) {
      switch (event.name) {
        case 'packed':
          yield `${event.args.shipment} weighs ${event.args.weight}`;
          break;
        case 'moved':
          yield `${event.args.shipment} is in ${event.args.place}`;
          break;
        case 'delivered':
          yield `${event.args.shipment} has arrived`;
      }
    }
  }

  /** Shows an event as it was stored. */
  show(id: string): Promise<PlainEvent | undefined> {
    return this.shipments.byId(id, { plain: true });
  }

  /** Delivers it, unless somebody has done so. */
  deliver(shipment: string): Promise<readonly Receipt[]> {
    return this.shipments.aggregate(shipment, SHIPMENT).decide((state, record) => {
      if (!state.isDelivered) record.delivered(shipment);
    });
  }
}
