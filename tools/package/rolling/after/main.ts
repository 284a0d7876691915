import { Injectable, Module } from '@nestjs/common';
import { EventHandler } from 'nest-event-backbone';
import { run, tell } from '../process.js';
import { Orders, Price } from './orders.js';

@Injectable()
class Packing {
  @EventHandler(Orders, (e) => e.placed)
  pack(order: string, price: Price): void {
    if (!(price instanceof Price) || price.currency !== 'EUR') throw new Error('this is no price');
    tell({ kind: 'handled', order, cents: Math.round(price.amount * 100) });
  }

  @EventHandler(Orders, (e) => e.cancelled)
  unpack(order: string): void {
    tell({ kind: 'handled', order: `${order} cancelled`, cents: 0 });
  }
}

@Module({ providers: [Packing] })
class AppModule {}

await run(AppModule, async (backbone, order, cents) => {
  const orders = backbone.producer(Orders);
  await orders.placed(order, { amount: cents / 100, currency: 'EUR' });
  if (cents % 5 !== 0) return;
  await orders.cancelled(order);
  tell({ kind: 'produced', order: `${order} cancelled`, cents: 0 });
});
