import { ContractEvent, EventsContract, EventHandler, Key, NonRetryableError, Personal } from 'nest-event-backbone';
import { Injectable } from '@nestjs/common';

@EventsContract('shop-orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, @Personal() email: string, note: string, lines: unknown) {
    return { order, email, note, lines };
  }

  @ContractEvent()
  paid(@Key() order: string, amount: bigint, receipt: Uint8Array) {
    return { order, amount, receipt };
  }
}

/** Cannot handle orders whose note says so. */
@Injectable()
export class Packing {
  isBroken = true;
  readonly packed: string[] = [];

  @EventHandler(Orders, (e) => e.placed)
  pack(order: string, _email: string, note: string): void {
    if (this.isBroken && note.startsWith('broken')) throw new NonRetryableError('the box is broken');
    this.packed.push(order);
  }
}

export const SECRET = 'ada@example.org';
