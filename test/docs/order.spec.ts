import { Test } from '@nestjs/testing';
import { withMemoryChannel } from 'nest-event-backbone/testing';
import { expect, it } from 'vitest';
import { AppModule } from '../readme/app.module.js';
import { OrderService } from '../readme/order.service.js';
import { ShipmentTracking } from '../readme/shipment-tracking.js';

it('an order that is placed gets packed', async () => {
  const { builder, recorder } = withMemoryChannel(Test.createTestingModule({ imports: [AppModule] }));
  const app = (await builder.compile()).createNestApplication();
  await app.init();

  await app.get(OrderService).place({ id: 1, email: 'ada@example.com' }, { id: 7, name: 'Camera', price: 2000 });
  await recorder.settled();

  expect(recorder.argsOf(ShipmentTracking, 'packing')).toEqual([['ada@example.com', 7, expect.any(Date)]]);
  await app.close();
});
