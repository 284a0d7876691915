import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  getProducerToken,
  getReaderToken,
  type EventReader,
  type Producer,
} from 'nest-event-backbone';
import { withMemoryChannel } from 'nest-event-backbone/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nextMillisecond } from './shop.js';
import { ShipmentHistory, Shipments } from './page/shipments.js';
import { ShipmentsModule } from './page/shipments.module.js';

/** The application of docs/reading.md, with its events in memory. */
async function start() {
  const { builder } = withMemoryChannel(Test.createTestingModule({ imports: [ShipmentsModule] }));
  const app = await builder.compile();
  onTestFinished(() => app.close());
  await app.init();
  const shipments = app.get<Producer<Shipments>>(getProducerToken(Shipments), { strict: false });
  return { app, shipments, history: app.get(ShipmentHistory, { strict: false }) };
}

describe('a reader that is injected', () => {
  it('tells what something looked like at a moment', async () => {
    const { shipments, history } = await start();
    await shipments.packed('s-1', 12);
    await shipments.moved('s-1', 'Kiel', new Date());
    await shipments.packed('s-2', 1);
    await nextMillisecond();
    const moment = new Date();
    await nextMillisecond();
    await shipments.moved('s-1', 'Oslo', new Date());
    await shipments.delivered('s-1');
    expect(await history.at('s-1', moment)).toEqual({ weight: 12, place: 'Kiel', isDelivered: false });
    expect(await history.at('s-1', new Date())).toEqual({ weight: 12, place: 'Oslo', isDelivered: true });
    expect(await history.places('s-1', new Date(0), moment)).toEqual(['Kiel']);
  });

  it('shows an event, tells what happens, and appends what a decision records', async () => {
    const { shipments, history } = await start();
    const { id, position } = await shipments.packed('s-1', 12);
    expect(await history.show(id)).toMatchObject({ name: 'packed', args: { weight: 12 } });
    expect(await Promise.all([history.deliver('s-1'), history.deliver('s-1')])).toContainEqual([]);
    const stop = new AbortController();
    const told: string[] = [];
    for await (const line of history.live(position, stop.signal)) {
      told.push(line);
      if (told.length === 2) stop.abort();
      else await shipments.moved('s-1', 'Oslo', new Date());
    }
    expect(told).toEqual(['s-1 has arrived', 's-1 is in Oslo']);
  });

  it('registers nothing on the server', async () => {
    const { app, shipments, history } = await start();
    await shipments.packed('s-1', 12);
    await history.at('s-1', new Date());
    const { channel } = app.get(Backbone, { strict: false });
    expect(await channel.admin.groups({ environment: 'default', contract: 'shipments' })).toEqual([]);
  });

  it('can be asked for by its token, and is refused without a contract', async () => {
    const { app, shipments } = await start();
    const { position } = await shipments.packed('s-1', 12);
    const reader = app.get<EventReader<Shipments>>(getReaderToken(Shipments), { strict: false });
    expect(await reader.get(position)).toMatchObject({ name: 'packed' });
    expect(() => EventBackboneModule.forFeature([undefined as never])).toThrow('a producer was asked for');
    expect(() => getReaderToken(undefined as never)).toThrow('a reader was asked for without a contract');
  });
});
