import { Injectable } from '@nestjs/common';
import { ContractEvent, EventsContract, InjectProducer, Key, type Producer, type Receipt } from 'nest-event-backbone';
import { Switchover } from 'nest-event-backbone/bridge';

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() order: string, amount: number) {
    return { order, amount };
  }
}

/** Whatever appends, does so through this one. */
@Injectable()
export class OrderEvents {
  readonly #current: Switchover<Producer<Orders>>;

  constructor(
    @InjectProducer(Orders, 'redis') redis: Producer<Orders>,
    @InjectProducer(Orders, 'kafka') private readonly kafka: Producer<Orders>,
  ) {
    this.#current = new Switchover(redis);
  }

  placed(order: string, amount: number): Promise<Receipt> {
    return this.#current.use((orders) => orders.placed(order, amount));
  }

  /** Resolves when nothing is being appended any more; what is called from now on waits. */
  hold(): Promise<void> {
    return this.#current.hold();
  }

  /** Lets what waits go on: on Kafka when that is ready, else where it was. */
  release(to: 'redis' | 'kafka'): void {
    this.#current.release(to === 'kafka' ? this.kafka : undefined);
  }
}
