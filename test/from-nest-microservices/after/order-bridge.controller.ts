import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, KafkaContext, Payload } from '@nestjs/microservices';
import { InjectProducer, type Producer } from 'nest-event-backbone';
import { Orders } from './orders.js';

interface OldOrderPlaced {
  readonly order: string;
  readonly product: string;
  readonly quantity: number;
  readonly time: string;
}

@Controller()
export class OrderBridgeController {
  constructor(@InjectProducer(Orders) private readonly orders: Producer<Orders>) {}

  @EventPattern<'order.placed'>('order.placed')
  async forward(@Payload() event: OldOrderPlaced, @Ctx() context: KafkaContext): Promise<void> {
    const eventId = `${context.getTopic()}-${context.getPartition()}-${context.getMessage().offset}`;
    const { order, product, quantity, time } = event;
    await this.orders.$with({ eventId }).placed(order, product, quantity, new Date(time));
  }
}
