import { Injectable } from '@nestjs/common';
import { EventHandler } from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, vi } from 'vitest';
import { ShipmentTracking, type User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

@Injectable()
class Packing {
  readonly seen: string[] = [];
  finish: () => void = () => undefined;

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack(user: User): Promise<void> {
    this.seen.push(user.email);
    if (user.email === 'slow@example.org') await new Promise<void>((resolve) => (this.finish = resolve));
    if (user.email === 'bad@example.org') throw new Error('never');
  }
}

describe('what a backbone tells about its groups', () => {
  it('is lag, what is pending and since when, dead letters, and what this process has in flight', async () => {
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Packing] });
    await shipments.orderPlaced(...order('bad@example.org'));
    await recorder.settled();
    expect(await backbone.groups()).toMatchObject([
      { group: 'test', pending: 0, lag: 0, deadLetters: 1, stream: { contract: 'shipment-tracking' } },
    ]);
    await shipments.orderPlaced(...order('slow@example.org'));
    const packing = app.get(Packing);
    await vi.waitFor(() => expect(packing.seen).toContain('slow@example.org'));
    const [group] = await backbone.groups();
    expect(group).toMatchObject({ pending: 1, consumer: { inFlight: 1, status: 'running' } });
    expect(group?.oldestPendingMs).toBeGreaterThanOrEqual(0);
    packing.finish();
    await recorder.settled();
  });

  it('counts in time how far a group is behind', async () => {
    let now = Date.now() - 60_000;
    const channel = memoryChannel({ now: () => now });
    const { backbone, shipments } = await startApplication({ providers: [Packing] }, { channel });
    backbone.pause('test');
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ status: 'paused' }]));
    for (let i = 0; i < 3; i += 1) await shipments.orderPlaced(...order(`${i}@example.org`));
    now = Date.now();
    const [group] = await backbone.groups();
    const behind = Math.max(group?.lagMs ?? 0, group?.oldestPendingMs ?? 0);
    expect(behind).toBeGreaterThanOrEqual(60_000);
    backbone.resume('test');
    await channel.settled();
    expect(await backbone.groups()).toMatchObject([{ lag: 0, pending: 0, lagMs: undefined }]);
  });
});

describe('a group that is paused', () => {
  it('handles nothing until it is resumed, and then everything', async () => {
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Packing] });
    backbone.pause('test');
    await shipments.orderPlaced(...order('ada@example.org'));
    await shipments.orderPlaced(...order('bob@example.org'));
    expect(backbone.states()).toMatchObject([{ status: 'paused', handled: 0 }]);
    backbone.resume('test');
    await recorder.settled();
    expect([...app.get(Packing).seen].sort()).toEqual(['ada@example.org', 'bob@example.org']);
    expect(backbone.states()).toMatchObject([{ status: 'running', handled: 2 }]);
  });

  it('must be one that this process reads', async () => {
    const { backbone } = await startApplication({ providers: [Packing] });
    expect(() => backbone.pause('tset')).toThrow('EB_ARGUMENT: this process reads no group "tset"; it reads: test');
    expect(() => backbone.resume('tset')).toThrow('EB_ARGUMENT');
  });
});
