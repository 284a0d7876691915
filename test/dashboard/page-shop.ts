import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import {
  ContractEvent,
  EventBackboneModule,
  EventHandler,
  EventsContract,
  InjectProducer,
  Key,
  NonRetryableError,
  Personal,
  Project,
  Projection,
  ProjectionModule,
  type Channel,
  type ProjectedEvent,
  type Producer,
} from 'nest-event-backbone';
import { memoryReadModel, type MemoryTransaction } from 'nest-event-backbone/projections';

/** What the page has to show. */
@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Key() id: string, @Personal() email: string, basket: object) {
    return { id, email, basket };
  }

  @ContractEvent()
  shipped(@Key() id: string, parcel: string) {
    return { id, parcel };
  }
}

/** A second stream. */
@EventsContract('payments')
export class Payments {
  @ContractEvent()
  paid(@Key() id: string, amount: number) {
    return { id, amount };
  }
}

/** Handles what is ordered, unless it is told to fail. */
@Injectable()
export class Warehouse {
  /** Why no order can be packed. */
  fault: string | undefined;
  readonly packed: string[] = [];

  constructor(
    @InjectProducer(Orders) private readonly orders: Producer<Orders>,
    @InjectProducer(Payments) private readonly payments: Producer<Payments>,
  ) {}

  @EventHandler(Orders, (e) => e.placed)
  async pack(id: string, _email: string, basket: object): Promise<void> {
    if (this.fault !== undefined) throw new NonRetryableError(this.fault);
    this.packed.push(id);
    if ('paid' in basket) await this.payments.paid(`payment of ${id}`, 1);
    if ('express' in basket) await this.orders.shipped(id, `parcel of ${id}`);
  }

  @EventHandler(Orders, (e) => e.placed, { group: 'statistics' })
  count(): void {}

  @EventHandler(Payments, (e) => e.paid)
  book(): void {}
}

/** Counts the orders. */
@Projection('orders-by-day', { contract: Orders, version: 1 })
export class OrdersByDay {
  @Project(Orders, (e) => e.placed)
  placed(id: string, _email: string, _basket: object, { tx }: ProjectedEvent<MemoryTransaction>): void {
    tx.table<number>('orders').set(id, 1);
  }
}

/** The shop on a channel. */
@Module({})
export class ShopModule {
  static on(channel: Channel, environment = 'default'): DynamicModule {
    return {
      module: ShopModule,
      imports: [
        EventBackboneModule.forRoot({
          ...{ channel, environment, group: 'warehouse', source: 'shop' },
          limits: { maxArgumentBytes: 2_000_000, maxEventBytes: 4_000_000 },
        }),
        EventBackboneModule.forFeature([Orders, Payments]),
        ProjectionModule.forRoot({ model: memoryReadModel() }),
      ],
      providers: [Warehouse, OrdersByDay],
      exports: [EventBackboneModule],
    };
  }
}

/** Places so many orders, in one append. */
export async function place(orders: Producer<Orders>, many: number, basket: object = { lines: 1 }): Promise<void> {
  await orders.$batch((batch) => {
    for (let i = 1; i <= many; i += 1) batch.placed(`order-${i}`, `person-${i}@example.org`, basket);
  });
}
