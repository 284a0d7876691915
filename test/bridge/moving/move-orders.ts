import { Inject, Injectable } from '@nestjs/common';
import { Bridges, getChannelToken, type Channel } from 'nest-event-backbone';
import { openGroup } from 'nest-event-backbone/bridge';
import { OrderEvents } from './order-events.js';

const STREAM = { environment: 'prod', contract: 'orders' };
/** All groups that handle these events. */
const GROUPS = ['billing', 'warehouse'];

@Injectable()
export class MoveOrders {
  constructor(
    private readonly events: OrderEvents,
    private readonly bridges: Bridges,
    @Inject(getChannelToken('kafka')) private readonly kafka: Channel,
  ) {}

  /** Turns the producers to Kafka; where that cannot be, they go on as before. */
  async run(withinMs: number): Promise<void> {
    let to: 'redis' | 'kafka' = 'redis';
    const inTime = AbortSignal.timeout(withinMs);
    await this.events.hold();
    try {
      const progress = await this.bridges.caughtUp(inTime);
      if (progress.some(({ deadLetters }) => deadLetters > 0)) throw new Error('some events were not copied');
      for (const group of GROUPS) await openGroup(this.kafka, STREAM, group, inTime);
      to = 'kafka';
    } finally {
      this.events.release(to);
    }
  }
}
