import { Injectable } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import {
  ContractEvent,
  EventBackboneModule,
  EventHandler,
  EventsContract,
  getProducerToken,
  Personal,
  type Producer,
} from 'nest-event-backbone';
import { Test } from '@nestjs/testing';
import { quietLogger } from '../nest/start-application.js';
import { freshStream, hasServers, openChannel } from './open-channel.js';

@EventsContract('orders-on-kafka')
class Orders {
  @ContractEvent()
  placed(number: number, what: string) {
    return { number, what };
  }
}

@EventsContract('people-on-kafka')
class People {
  @ContractEvent()
  joined(@Personal() name: string) {
    return { name };
  }
}

const POISON: readonly (() => unknown)[] = [
  () => {
    throw new TypeError('type');
  },
  () => {
    throw new RangeError('range');
  },
  () => {
    throw new SyntaxError('syntax');
  },
  () => Promise.reject(Object.assign(new Error('x'), { name: 'KafkaJSNonRetriableError', retriable: false })),
  // Whatever is not an error.
  () => AbortSignal.abort('a text').throwIfAborted(),
  () => AbortSignal.abort(null).throwIfAborted(),
];

@Injectable()
class Shop {
  readonly handled: number[] = [];

  @EventHandler(Orders, (e) => e.placed)
  async onPlaced(number: number): Promise<void> {
    await POISON[number]?.();
    this.handled.push(number);
  }
}

describe.skipIf(!hasServers)('an application on Kafka', () => {
  it(
    'sets poison of every kind aside and goes on: no error of a handler reaches the client',
    { timeout: 60_000 },
    async () => {
      const channel = openChannel();
      const environment = freshStream().contract;
      const app = await start(environment, channel, Orders, [Shop]);
      try {
        const orders = app.get<Producer<Orders>>(getProducerToken(Orders));
        for (let number = 0; number <= POISON.length; number += 1) await orders.placed(number, 'a book');
        const shop = app.get(Shop);
        await vi.waitUntil(() => shop.handled.includes(POISON.length), { timeout: 30_000 });
        const stream = { environment, contract: 'orders-on-kafka' };
        const letters = () => channel.admin.deadLetters.list(stream, 'shop');
        await vi.waitUntil(async () => (await letters()).length === POISON.length, { timeout: 20_000, interval: 200 });
        expect(shop.handled).toEqual([POISON.length]);
      } finally {
        await app.close();
      }
    },
  );

  it('does not start with personal data that would be in records for ever', async () => {
    const started = start('refused', openChannel({ payloads: 'record' }), People, []);
    await expect(started).rejects.toThrow(/@Personal/);
  });
});

async function start(
  environment: string,
  channel: ReturnType<typeof openChannel>,
  contract: typeof Orders | typeof People,
  providers: (new () => object)[],
) {
  const module = await Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel, group: 'shop', environment, source: 'test' }),
      EventBackboneModule.forFeature([contract]),
    ],
    providers,
  })
    .setLogger(quietLogger().logger)
    .compile();
  return module.init();
}
