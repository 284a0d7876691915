import { Injectable } from '@nestjs/common';
import { ContractEvent, EventHandler, EventsContract, InjectProducer, Key } from 'nest-event-backbone';
import type { EventContext, Producer } from 'nest-event-backbone';
import { copyMark } from 'nest-event-backbone/bridge';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, amount: number) {
    return { order, amount };
  }

  @ContractEvent()
  remarked(@Key() order: string, remark: string) {
    return { order, remark };
  }
}

/** The same events in a stream of their own. */
@EventsContract('wholesale-orders')
export class WholesaleOrders extends Orders {}

@Injectable()
export class Sales {
  constructor(
    @InjectProducer(Orders) private readonly orders: Producer<Orders>,
    @InjectProducer(Orders, { environment: 'trial' }) private readonly trial: Producer<Orders>,
    @InjectProducer(WholesaleOrders) private readonly wholesale: Producer<WholesaleOrders>,
  ) {}

  async place(order: string, amount: number, kind: 'retail' | 'wholesale' | 'trial'): Promise<void> {
    const producers = { retail: this.orders, wholesale: this.wholesale, trial: this.trial };
    await producers[kind].placed(order, amount);
  }
}

@Injectable()
export class Warehouse {
  readonly picked: string[] = [];

  @EventHandler(Orders, (e) => e.placed)
  pick(order: string, _amount: number, { metadata }: EventContext): void {
    const from = copyMark(metadata)?.origin.server ?? 'here';
    this.picked.push(`${order} from ${from}`);
  }
}
