import { Injectable } from '@nestjs/common';
import { Backbone, ContractEvent, EventHandler, EventsContract, Key, type EventContext } from 'nest-event-backbone';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, email: string) {
    return { order, email };
  }
}

@Injectable()
export class Statistics {
  readonly orders = new Set<string>();

  @EventHandler(Orders, (e) => e.placed, { group: 'statistics' })
  count(order: string): void {
    this.orders.add(order);
  }
}

@Injectable()
export class Mails {
  readonly sent: string[] = [];

  @EventHandler(Orders, (e) => e.placed, { group: 'mails', onReplay: 'skip' })
  confirm(_order: string, email: string): void {
    this.sent.push(email);
  }
}

@Injectable()
export class Archive {
  readonly lines: string[] = [];

  @EventHandler(Orders, (e) => e.placed, { group: 'archive' })
  write(order: string, _email: string, { isReplay }: EventContext): void {
    this.lines.push(isReplay ? `${order} once more` : order);
  }
}

@Injectable()
export class Operations {
  constructor(private readonly backbone: Backbone) {}

  /** Has the statistics counted again, from a day on. */
  async countAgain(since: Date): Promise<number> {
    const events = await this.backbone.countReplay(Orders, 'statistics', { from: since });
    await this.backbone.replay(Orders, 'statistics', { from: since });
    return events;
  }
}
