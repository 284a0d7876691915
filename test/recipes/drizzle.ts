import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import type { Producer } from 'nest-event-backbone';
import type { Orders } from './orders.js';

/** The application's own table. */
export const orderTable = pgTable('recipe_order', { id: text().primaryKey(), state: text().notNull() });

type Transaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0];

/** Changes a row and tells of it in one transaction of Drizzle. */
export class DrizzleOrderService {
  constructor(
    private readonly database: NodePgDatabase,
    private readonly orders: Producer<Orders>,
  ) {}

  async pack(id: string, parcels: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.update(orderTable).set({ state: 'packed' }).where(eq(orderTable.id, id));
      await this.orders.$with({ transaction: queryable(tx) }).packed(id, parcels);
    });
  }
}

/** A transaction of Drizzle as something with `query(text, values)`. */
export function queryable({ _: { session } }: Transaction) {
  return {
    query: (sql: string, params: unknown[]): Promise<unknown> =>
      session.prepareQuery({ sql, params }, undefined, undefined, false).execute(),
  };
}
