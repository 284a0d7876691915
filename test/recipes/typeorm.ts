import type { Producer } from 'nest-event-backbone';
import type { DataSource } from 'typeorm';
import type { Orders } from './orders.js';

/** Changes a row and tells of it in one transaction of TypeORM: an `EntityManager` has `query(text, values)` itself. */
export class TypeormOrderService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly orders: Producer<Orders>,
  ) {}

  async pack(id: string, parcels: number): Promise<void> {
    await this.dataSource.transaction(async (entities) => {
      await entities.update('order', { id }, { state: 'packed' });
      await this.orders.$with({ transaction: entities }).packed(id, parcels);
    });
  }
}
