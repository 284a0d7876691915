import { Test } from '@nestjs/testing';
import {
  Backbone,
  ContractEvent,
  EventBackboneModule,
  EventsContract,
  SchemaModule,
  type SchemaModuleOptions,
} from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { readSchemas } from 'nest-event-backbone/schema';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { sharedChannel } from '../privacy/start-visits.js';
import { BothOrders, OldOrders, PlainOrders } from './old-orders.js';

const stream = { environment: 'default', contract: 'orders' };

/** The same version with another type, which no reader of the first can read. */
@EventsContract('orders')
class BrokenOrders {
  @ContractEvent()
  placed(order: number) {
    return { order };
  }
}

async function start(channel: Channel, options: SchemaModuleOptions) {
  const { logger, logged } = quietLogger();
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: sharedChannel(channel), group: 'test' }),
      SchemaModule.forRoot(options),
    ],
  });
  const app = await builder.setLogger(logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  return { backbone: app.get(Backbone), logged };
}

describe('the schemas of an application', () => {
  it('are in the stream once it has started', async () => {
    const channel = memoryChannel();
    await start(channel, { contracts: [OldOrders] });
    await vi.waitFor(async () => {
      expect((await readSchemas(channel, stream)).schemas).toMatchObject([{ type: 'placed.v1' }]);
    }, 20_000);
  });

  it('that break what was published keep it from starting under `refuse`, and nothing else does', async () => {
    const channel = memoryChannel();
    await start(channel, { contracts: [OldOrders], onMismatch: 'refuse' });
    await start(channel, { contracts: [PlainOrders], onMismatch: 'refuse' });
    await expect(start(channel, { contracts: [BrokenOrders], onMismatch: 'refuse' })).rejects.toMatchObject({
      code: 'EB_CONTRACT',
    });
  });

  it('that cannot be published do not keep it from starting, and the log says so', async () => {
    const away = sharedChannel(memoryChannel(), { publish: () => Promise.reject(new Error('the server is away')) });
    const { logged } = await start(away, { contracts: [OldOrders] });
    await vi.waitFor(
      () => expect(logged.join('\n')).toContain('warn schemas are not published: the server is away'),
      20_000,
    );
  });
});

it('a deprecated version is said in the log when it is produced, once', async () => {
  const channel = memoryChannel();
  const { backbone, logged } = await start(channel, { contracts: [OldOrders] });
  const orders = backbone.producer(BothOrders);
  expect(logged.join()).not.toContain('deprecated');
  await orders.placedV1('o-1', 'ada@example.org', 1);
  await orders.placedV1('o-2', 'ada@example.org', 1);
  const said = logged.filter((line) => line.includes('deprecated'));
  expect(said).toEqual([
    'warn a deprecated event of default:orders: placed.v1 is produced and deprecated; produce the version that has come after it',
  ]);
});
