/** What compilers accept and refuse of handlers of `$erased`; checked by the type check, never run. */
import {
  EventBatchHandler,
  EventHandler,
  type EventBatch,
  type EventContext,
  type Producer,
} from 'nest-event-backbone';
import type { Erasure } from 'nest-event-backbone/core';
import { ShipmentTracking } from '../nest/shipment-tracking.js';

/** Handlers that fit. */
export class Accepted {
  @EventHandler(ShipmentTracking, '$erased')
  byName(erasure: Erasure, context: EventContext): unknown {
    return [erasure.events, context];
  }

  @EventBatchHandler(ShipmentTracking, '$erased')
  byNameInBatches(batch: EventBatch<ShipmentTracking, '$erased'>): readonly string[] {
    return batch.flatMap(({ args: [{ fields }] }) => fields);
  }

  @EventBatchHandler(ShipmentTracking, (e) => e.$erased)
  inBatches(batch: EventBatch<ShipmentTracking, '$erased'>): number {
    return batch.length;
  }

  @EventBatchHandler(ShipmentTracking, 'packing')
  others(batch: EventBatch<ShipmentTracking, 'packing'>): readonly string[] {
    return batch.map(({ args: [email] }) => email);
  }
}

/** Handlers that do not. */
export class Refused {
  // @ts-expect-error: it has an Erasure
  @EventHandler(ShipmentTracking, '$erased')
  other(text: string): string {
    return text;
  }

  // @ts-expect-error: it has an Erasure
  @EventBatchHandler(ShipmentTracking, '$erased')
  otherBatch(batch: EventBatch<ShipmentTracking, 'packing'>): number {
    return batch.length;
  }

  // @ts-expect-error: there is no such event
  @EventBatchHandler(ShipmentTracking, '$forgotten')
  unknownNamed(): void {}
}

/** Nobody produces it. */
export type NotProduced = [
  // @ts-expect-error: the library appends it
  Producer<ShipmentTracking>['$erased'],
];
