import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import {
  EventBatchHandler,
  EventGroup,
  EventHandler,
  HandlerDefaults,
  InjectProducer,
  type EventBatch,
  type EventContext,
  type EventHandlerOptions,
  type Producer,
} from 'nest-event-backbone';
import { DIAGNOSTICS, type ConsumerDiagnostic } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ShipmentTracking, type Product, type User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

const BEGINNING = { from: 'beginning' } as const;

@Injectable()
class Board {
  readonly seen: [string, boolean][] = [];

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  show(user: User, _product: Product, _time: Date, { isReplay }: EventContext): void {
    this.seen.push([user.email, isReplay]);
  }
}

describe('a replay', () => {
  it('brings events again, and tells handlers so until the group is where it was', async () => {
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Board] });
    for (const name of ['a', 'b']) await shipments.orderPlaced(...order(`${name}@example.org`));
    await recorder.settled();
    expect(await backbone.countReplay(ShipmentTracking, 'test', BEGINNING)).toBe(2);
    await backbone.replay(ShipmentTracking, 'test', BEGINNING);
    await shipments.orderPlaced(...order('c@example.org'));
    await recorder.settled();
    expect(app.get(Board).seen).toEqual([
      ['a@example.org', false],
      ['b@example.org', false],
      ['a@example.org', true],
      ['b@example.org', true],
      ['c@example.org', false],
    ]);
  });

  it('is still one for the application that is started next', async () => {
    const channel = memoryChannel();
    const before = await startApplication({ providers: [Board] }, { channel });
    await before.shipments.orderPlaced(...order());
    await before.recorder.settled();
    await before.app.close();
    const after = channel.open();
    await after.admin.reset({ environment: 'default', contract: 'shipment-tracking' }, 'test', 'beginning');
    const { app, recorder } = await startApplication({ providers: [Board] }, { channel: after });
    await recorder.settled();
    expect(app.get(Board).seen).toEqual([['ada@example.org', true]]);
  });

  it('begins at a time, or behind a position', async () => {
    let now = 1_000;
    const channel = memoryChannel({ now: () => now });
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Board] }, { channel });
    const { seen } = app.get(Board);
    const positions = [];
    for (const name of ['a', 'b', 'c']) {
      positions.push((await shipments.orderPlaced(...order(`${name}@example.org`))).position);
      now += 1_000;
    }
    const names = () => seen.splice(0).map(([email]) => email.slice(0, 1));
    await recorder.settled();
    expect(names()).toEqual(['a', 'b', 'c']);
    const [, second] = positions;
    if (!second) throw new Error('nothing was appended');
    for (const [start, expected] of [
      [{ from: new Date(2_000) }, ['b', 'c']],
      [{ after: second }, ['c']],
      [{ after: [second] }, ['c']],
    ] as const) {
      expect(await backbone.countReplay(ShipmentTracking, 'test', start)).toBe(expected.length);
      await backbone.replay(ShipmentTracking, 'test', start);
      await recorder.settled();
      expect(names()).toEqual(expected);
    }
    await backbone.reset(ShipmentTracking, 'test', new Date(3_000));
    await recorder.settled();
    expect(names()).toEqual(['c']);
  });

  it('never moves a group forward, as a reset does', async () => {
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Hanging] });
    const hanging = app.get(Hanging);
    await shipments.orderPlaced(...order('slow@example.org'));
    await vi.waitFor(() => expect(hanging.seen).toHaveLength(1));
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(hanging.storedAt));
    const { position } = await shipments.orderPlaced(...order());
    await vi.waitFor(() => expect(hanging.seen).toHaveLength(2));
    const refused = { code: 'EB_ARGUMENT', message: expect.stringContaining('would skip events') as string };
    for (const start of [{ after: position }, { after: { ...position, id: '9' } }, { from: new Date() }]) {
      await expect(backbone.replay(ShipmentTracking, 'test', start)).rejects.toMatchObject(refused);
      await expect(backbone.countReplay(ShipmentTracking, 'test', start)).rejects.toMatchObject(refused);
    }
    await expect(backbone.replay(ShipmentTracking, 'tset', BEGINNING)).rejects.toThrow('has no group "tset"');
    expect(hanging.signals.every(({ aborted }) => !aborted)).toBe(true);
    await backbone.reset(ShipmentTracking, 'test', 'end');
    expect(hanging.signals[0]?.reason).toMatchObject({ code: 'EB_LEASE_LOST' });
    hanging.finish();
    await recorder.settled();
    expect(hanging.seen).toHaveLength(2);
  });

  it('takes the event away from a handler that runs, and hands it out as one that was never finished', async () => {
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Hanging] });
    const hanging = app.get(Hanging);
    await shipments.orderPlaced(...order());
    await recorder.settled();
    await shipments.orderPlaced(...order('slow@example.org'));
    await vi.waitFor(() => expect(hanging.seen).toHaveLength(2));
    await backbone.replay(ShipmentTracking, 'test', BEGINNING);
    expect(hanging.signals[1]?.reason).toMatchObject({ code: 'EB_LEASE_LOST' });
    hanging.finish();
    await vi.waitFor(() => expect(hanging.seen).toHaveLength(4));
    hanging.finish();
    await recorder.settled();
    expect(hanging.replays).toEqual([false, false, true, false]);
    expect(await backbone.groups()).toMatchObject([{ pending: 0, lag: 0, deadLetters: 0 }]);
  });
});

describe('handlers with onReplay: skip', () => {
  const calls: string[] = [];
  const skip: EventHandlerOptions = { onReplay: 'skip' };

  @Injectable()
  @HandlerDefaults(skip)
  class Mails {
    @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
    mail(): void {
      calls.push('class');
    }

    @EventHandler(ShipmentTracking, (e) => e.packing, { onReplay: 'run' })
    index(): void {
      calls.push('own run');
    }
  }

  @Injectable()
  @EventGroup('other')
  class Others {
    @EventHandler(ShipmentTracking, (e) => e.orderPlaced, skip)
    mail(): void {
      calls.push('own skip');
    }

    @EventBatchHandler(ShipmentTracking, (e) => e.packing, { ...skip, maxSize: 1 })
    mailAll(batch: EventBatch<ShipmentTracking, 'packing'>): void {
      calls.push(...batch.map(() => 'batch skip'));
    }
  }

  it('are passed by, each event being counted and told; others run', async () => {
    calls.length = 0;
    const told: ConsumerDiagnostic[] = [];
    const hear = (message: unknown) => void told.push(message as ConsumerDiagnostic);
    subscribe(DIAGNOSTICS.consumer, hear);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, hear));
    const { backbone, shipments, recorder } = await startApplication({ providers: [Mails, Others] });
    await shipments.orderPlaced(...order());
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(calls.splice(0).sort()).toEqual(['batch skip', 'class', 'own run', 'own skip']);
    for (const group of ['test', 'other']) await backbone.replay(ShipmentTracking, group, BEGINNING);
    await recorder.settled();
    expect(calls).toEqual(['own run']);
    const skipped = told.filter(({ kind, channel }) => kind === 'replaySkipped' && channel === backbone.channel);
    expect(skipped.map(({ group, type }) => `${group} ${type}`).sort()).toEqual([
      'other orderPlaced.v1',
      'other packing.v1',
      'test orderPlaced.v1',
    ]);
    const counts = backbone.states().map(({ group, handled, skipped: passed }) => [group, handled, passed]);
    expect(counts.sort()).toEqual([
      ['other', 2, 2],
      ['test', 3, 1],
    ]);
  });

  it('must be skip or run', async () => {
    @Injectable()
    class Wrong {
      @EventHandler(ShipmentTracking, (e) => e.packing, { onReplay: 'never' as 'skip' })
      handle(): void {
        calls.push('wrong');
      }
    }
    await expect(startApplication({ providers: [Wrong] })).rejects.toThrow("Wrong.handle: `onReplay` must be 'run'");
  });
});

/** Runs what a handler produces with. */
type Around = <T>(produce: () => T) => T;

describe('what handlers produce', () => {
  const ways: readonly (readonly [string, Around, number])[] = [
    ['is there once however often its cause is replayed', (produce) => produce(), 1],
    ['is there again when it is produced outside of its cause, with no derived id', AsyncLocalStorage.snapshot(), 2],
  ];
  it.for(ways)('%s', async ([, run, expected]) => {
    @Injectable()
    class Packing {
      constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      async pack(user: User, product: Product, time: Date): Promise<void> {
        await run(() => this.shipments.packing(user.email, product.id, time));
      }
    }
    const { backbone, shipments, recorder } = await startApplication({ providers: [Packing] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    await backbone.replay(ShipmentTracking, 'test', BEGINNING);
    await recorder.settled();
    expect(backbone.states()).toMatchObject([{ handled: 2 }]);
    expect(recorder.argsOf(ShipmentTracking, 'packing')).toHaveLength(expected);
    let stored = 0;
    for await (const { type } of backbone.reader(ShipmentTracking).events()) if (type === 'packing.v1') stored += 1;
    expect(stored).toBe(expected);
  });
});

@Injectable()
class Hanging {
  readonly seen: string[] = [];
  readonly replays: boolean[] = [];
  readonly signals: AbortSignal[] = [];
  storedAt = 0;
  finish: () => void = () => undefined;

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async handle(user: User, _product: Product, _time: Date, context: EventContext): Promise<void> {
    this.seen.push(user.email);
    this.replays.push(context.isReplay);
    this.signals.push(context.signal);
    this.storedAt = context.appendedAt.getTime();
    if (user.email === 'slow@example.org') await new Promise<void>((resolve) => (this.finish = resolve));
  }
}
