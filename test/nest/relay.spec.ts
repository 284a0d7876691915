import { Test } from '@nestjs/testing';
import { EventBackboneModule, getProducerToken, RelayModule, Relays, type Producer } from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';
import { order } from './start-application.js';

const STREAM = { environment: 'there', contract: 'shipment-tracking' };

async function start(from: Channel, to: Channel, name = 'there') {
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: from, environment: 'here' }),
      EventBackboneModule.forRoot({ name: 'there', channel: to, environment: 'there' }),
      EventBackboneModule.forFeature([ShipmentTracking]),
      RelayModule.forRoot({ to: name, contracts: [ShipmentTracking] }),
    ],
  });
  const app = await builder.compile();
  onTestFinished(() => app.close());
  await app.init();
  return { app, shipments: app.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking)) };
}

describe('the relay of an application', () => {
  it('runs while the application does, from one environment to the other, and stops with it', async () => {
    const to = memoryChannel();
    const { app, shipments } = await start(memoryChannel(), to);
    const { id } = await shipments.orderPlaced(...order());
    const relays = app.get(Relays, { strict: false });
    await vi.waitFor(() => expect(relays.states()).toMatchObject([{ status: 'running', relayed: 1, target: STREAM }]));
    for await (const events of to.read({ stream: STREAM })) {
      expect(events.map(({ message }) => message?.id)).toEqual([id]);
    }
    await app.close();
    expect(relays.states()).toMatchObject([{ status: 'stopped', relayed: 1 }]);
  });

  it('is refused where personal data would go to a channel that cannot erase it', async () => {
    const memory = memoryChannel();
    const to: Channel = Object.create(memory, { supports: { value: { ...memory.supports, erase: false } } }) as Channel;
    await expect(start(memoryChannel(), to)).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
  });

  it('is refused to a connection that is not there', async () => {
    await expect(start(memoryChannel(), memoryChannel(), 'nowhere')).rejects.toThrow('nowhere');
  });
});
