import { Test } from '@nestjs/testing';
import { Backbone, ContractEvent, EventsContract, Key, Personal } from 'nest-event-backbone';
import { createProducer } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { publishSchemas } from 'nest-event-backbone/schema';
import { withMemoryChannel } from 'nest-event-backbone/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { checkStream } from './versions-page/check-stream.js';
import { Orders } from './versions-page/orders.js';
import { PackingModule } from './versions-page/packing.module.js';
import { PackingService } from './versions-page/packing.service.js';

/** What was deployed two versions ago. */
@EventsContract('orders')
class FirstOrders {
  @ContractEvent()
  orderPlaced(@Key() order: string, @Personal() name: string, @Personal() email: string, time: Date) {
    return { order, name, email, time };
  }
}

const TIME = new Date('2020-01-01T00:00:00Z');
const ADA = { name: 'Ada', email: 'ada@example.org' };

it('the example of docs/versions.md reads all versions, and knows what is in the stream', async () => {
  const channel = memoryChannel();
  const first = { channel, environment: 'default', source: 'test' };
  await publishSchemas({ ...first, contracts: [FirstOrders] });
  await createProducer(FirstOrders, first).orderPlaced('o-1', ADA.name, ADA.email, TIME);

  const { builder } = withMemoryChannel(Test.createTestingModule({ imports: [PackingModule] }), { channel });
  const app = await builder.setLogger(quietLogger().logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const orders = app.get(Backbone).producer(Orders);
  await orders.orderPlacedV2('o-2', ADA, TIME);
  await orders.orderPlaced('o-3', ADA, TIME, 'USD');
  const { packed } = app.get(PackingService);
  await vi.waitFor(() => expect(packed).toHaveLength(3), 20_000);
  expect([...packed].sort()).toEqual([
    'o-1 of Ada, 2020, EUR, stored as orderPlaced.v1',
    'o-2 of Ada, 2020, EUR, stored as orderPlaced.v2',
    'o-3 of Ada, 2020, USD, stored as orderPlaced.v3',
  ]);
  expect(await checkStream(channel, { environment: 'default', contract: 'orders' })).toEqual([]);
});
