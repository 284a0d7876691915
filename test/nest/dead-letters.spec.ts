import { Injectable } from '@nestjs/common';
import {
  DeadLetters,
  EventBackboneModule,
  EventHandler,
  getDeadLettersToken,
  NonRetryableError,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it } from 'vitest';
import { ShipmentTracking, type User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

@Injectable()
class Packing {
  readonly seen: string[] = [];
  broken = true;

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  pack(user: User): void {
    if (this.broken) throw new NonRetryableError(`no box for ${user.email}`);
    this.seen.push(user.email);
  }
}

const emails = ['ada@example.org', 'bob@example.org', 'eve@example.org'];

async function withDeadLetters() {
  const started = await startApplication({ providers: [Packing] });
  for (const email of emails) await started.shipments.orderPlaced(...order(email));
  await started.recorder.settled();
  return { ...started, letters: started.app.get(DeadLetters), packing: started.app.get(Packing) };
}

describe('the dead letters service', () => {
  it('lists what a group has set aside, page by page', async () => {
    const { letters } = await withDeadLetters();
    const first = await letters.list(ShipmentTracking, { limit: 2 });
    expect(first).toMatchObject([{ type: 'orderPlaced.v1', group: 'test', kind: 'failed', attempts: 1 }, {}]);
    const second = await letters.list(ShipmentTracking, { limit: 2, after: first[1]?.id });
    expect(second).toHaveLength(1);
    expect(await letters.list(ShipmentTracking, { group: 'another' })).toEqual([]);
  });

  it('shows an event with its arguments by name, and keeps them out of the reason', async () => {
    const { letters } = await withDeadLetters();
    const [{ id }] = (await letters.list(ShipmentTracking)) as unknown as [{ id: string }];
    const shown = await letters.show(ShipmentTracking, id);
    expect(shown).toMatchObject({
      letter: { id, error: 'NonRetryableError: no box for ***' },
      metadata: { type: 'orderPlaced.v1', source: 'test' },
      args: { user: { email: 'ada@example.org' }, product: { id: 7 }, time: new Date(0) },
    });
    expect(shown?.metadata).not.toHaveProperty('fields');
    expect(await letters.show(ShipmentTracking, '12345')).toBeUndefined();
  });

  it('hands events out again, once, when their handler can do it now', async () => {
    const { letters, packing, recorder } = await withDeadLetters();
    packing.broken = false;
    const [{ id }] = (await letters.list(ShipmentTracking)) as unknown as [{ id: string }];
    expect(await letters.redrive(ShipmentTracking, [id])).toBe(1);
    expect(await letters.redrive(ShipmentTracking, [id])).toBe(0);
    await recorder.settled();
    expect(packing.seen).toEqual(['ada@example.org']);
    expect(await letters.redrive(ShipmentTracking, 'all')).toBe(2);
    await recorder.settled();
    expect(packing.seen).toEqual(emails);
    expect(await letters.list(ShipmentTracking)).toEqual([]);
  });

  it('removes them, and leaves their events in the stream', async () => {
    const { letters, backbone } = await withDeadLetters();
    expect(await letters.remove(ShipmentTracking, 'all')).toBe(3);
    expect(await letters.list(ShipmentTracking)).toEqual([]);
    const stream = { environment: 'default', contract: 'shipment-tracking' };
    for await (const batch of backbone.channel.read({ stream })) expect(batch).toHaveLength(3);
  });

  it('asks for a group where the connection has none', async () => {
    const audit = EventBackboneModule.forRoot({ name: 'audit', channel: memoryChannel() });
    const { app } = await startApplication({ imports: [audit] });
    const letters = app.get<DeadLetters>(getDeadLettersToken('audit'));
    await expect(letters.list(ShipmentTracking)).rejects.toThrow('EB_OPTIONS: DeadLetters: name a `group`');
    expect(await letters.list(ShipmentTracking, { group: 'auditors' })).toEqual([]);
  });
});
