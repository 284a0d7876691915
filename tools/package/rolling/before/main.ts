import { Injectable, Module } from '@nestjs/common';
import { EventHandler } from 'nest-event-backbone';
import { run, tell } from '../process.js';
import { Orders } from './orders.js';

@Injectable()
class Packing {
  @EventHandler(Orders, (e) => e.placed)
  pack(order: string, cents: number): void {
    tell({ kind: 'handled', order, cents });
  }
}

@Module({ providers: [Packing] })
class AppModule {}

await run(AppModule, (backbone, order, cents) => backbone.producer(Orders).placed(order, cents));
