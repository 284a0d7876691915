import { channel } from 'node:diagnostics_channel';
import { Injectable, Module, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  EventHandler,
  InjectProducer,
  type Channel,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';
import { startApplication } from './start-application.js';

@Injectable()
class NoOp {
  @EventHandler(ShipmentTracking, (e) => e.packing)
  handle(): void {}
}

describe('starting', () => {
  it('opens nothing while modules are made, and nothing but subscriptions at start', async () => {
    const memory = memoryChannel();
    const calls: string[] = [];
    const channel = new Proxy<Channel>(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        calls.push(String(name));
        return (value as (...args: unknown[]) => unknown).bind(target);
      },
    });
    const app = await Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel, group: 'g' }),
        EventBackboneModule.forFeature([ShipmentTracking]),
      ],
      providers: [NoOp],
    }).compile();
    onTestFinished(() => app.close());
    calls.length = 0;
    app.get(Backbone);
    expect(calls).toEqual([]);
    await app.init();
    expect(calls.filter((name) => ['publish', 'subscribe', 'read', 'close'].includes(name))).toEqual(['subscribe']);
  });

  it('does not wait for the server', async () => {
    const memory = memoryChannel();
    const close = vi.fn(() => Promise.resolve());
    const silent: Channel = {
      supports: memory.supports,
      admin: memory.admin,
      publish: () => new Promise(() => undefined),
      read: () => memory.read({ stream: { environment: 'default', contract: 'shipment-tracking' } }),
      subscribe: () => ({
        settle: () => Promise.resolve([]),
        record: () => Promise.resolve(),
        close: () => Promise.resolve(),
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
      }),
      close,
    };
    const app = await Test.createTestingModule({
      imports: [EventBackboneModule.forRoot({ channel: silent, group: 'g' })],
      providers: [NoOp],
    }).compile();
    await app.init();
    expect(app.get(Backbone).states()).toMatchObject([{ status: 'running' }]);
    await app.close();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('hands out no event before the application is initialised, and publishing works in every hook', async () => {
    const order: string[] = [];
    @Injectable()
    class Hooks implements OnModuleInit, OnApplicationBootstrap {
      constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

      async onModuleInit(): Promise<void> {
        await this.shipments.packing('init', 1, new Date());
        order.push('init');
      }

      async onApplicationBootstrap(): Promise<void> {
        await this.shipments.packing('bootstrap', 1, new Date());
        await new Promise(setImmediate);
        order.push('bootstrap');
      }

      @EventHandler(ShipmentTracking, (e) => e.packing)
      handle(email: string): void {
        order.push(`handled ${email}`);
      }
    }
    const { recorder } = await startApplication({ providers: [Hooks] });
    await recorder.settled();
    expect(order.slice(0, 2)).toEqual(['init', 'bootstrap']);
    expect(order.slice(2).sort()).toEqual(['handled bootstrap', 'handled init']);
  });

  it('opens nothing in preview mode', async () => {
    const useFactory = vi.fn(() => ({ channel: memoryChannel(), group: 'g' }));
    @Module({
      imports: [EventBackboneModule.forRootAsync({ useFactory }), EventBackboneModule.forFeature([ShipmentTracking])],
      providers: [NoOp],
    })
    class AppModule {}
    const preview = { preview: true, logger: false } as never;
    const app = await NestFactory.createApplicationContext(AppModule, preview);
    expect(useFactory).not.toHaveBeenCalled();
    await app.close();
  });

  it('waits for start() with autoStart: false', async () => {
    const { backbone, shipments, recorder } = await startApplication({ providers: [NoOp] }, { autoStart: false });
    await shipments.packing('ada', 1, new Date());
    expect(backbone.states()).toMatchObject([{ status: 'idle', handled: 0 }]);
    backbone.start();
    await recorder.settled();
    expect(backbone.states()).toMatchObject([{ status: 'running', handled: 1 }]);
  });

  it('starts when it is ready if start() was called before, from an earlier hook', async () => {
    @Injectable()
    class Early implements OnModuleInit {
      constructor(private readonly backbone: Backbone) {}

      onModuleInit(): void {
        this.backbone.start();
      }
    }
    const { backbone, shipments, recorder } = await startApplication(
      { providers: [NoOp, Early] },
      { autoStart: false },
    );
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(backbone.states()).toMatchObject([{ status: 'running', handled: 1 }]);
  });

  it('reads the groups that `consumers` names, and says which it leaves out', async () => {
    @Injectable()
    class Other {
      @EventHandler(ShipmentTracking, (e) => e.packing, { group: 'other' })
      handle(): void {}
    }
    const providers = [NoOp, Other];
    const some = await startApplication({ providers }, { consumers: ['other'] });
    expect(some.backbone.states().map(({ group }) => group)).toEqual(['other']);
    expect(some.logged.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'log NoOp.handle -> shipment-tracking.packing.v1 -> test (not started)',
      'log Other.handle -> shipment-tracking.packing.v1 -> other',
      'log `consumers` leaves out these groups: test',
    ]);
    const none = await startApplication({ providers }, { consumers: 'none' });
    expect(none.backbone.states()).toEqual([]);
    await expect(none.shipments.packing('ada', 1, new Date())).resolves.toBeDefined();
  });
});

describe('the log of an application', () => {
  it('tells of retries and dead letters, never of arguments, and of its own channel only', async () => {
    @Injectable()
    class Failing {
      @EventHandler(ShipmentTracking, (e) => e.packing, { retry: { attempts: 2, jitter: 'none', firstDelayMs: 10 } })
      handle(): void {
        throw new Error('out of boxes');
      }
    }
    const other = await startApplication({ providers: [NoOp] });
    const one = await startApplication({ providers: [Failing] });
    const { id } = await one.shipments.packing('secret@example.org', 1, new Date());
    await one.recorder.settled();
    expect(one.logged.slice(1)).toEqual([
      `warn try 1 of packing.v1 ${id} of default:shipment-tracking in test failed, the next in 10 ms: out of boxes`,
      `error set aside packing.v1 ${id} of default:shipment-tracking in test as failed: Error: out of boxes`,
    ]);
    expect(JSON.stringify(one.logged)).not.toContain('secret@example.org');
    expect(other.logged.filter((line) => line.includes(id))).toEqual([]);
  });

  it('is still after the application is closed', async () => {
    const machinery = channel('nest-event-backbone:consumer');
    const { app } = await startApplication({ providers: [NoOp] });
    expect(machinery.hasSubscribers).toBe(true);
    await app.close();
    expect(machinery.hasSubscribers).toBe(false);
  });
});

describe('two applications in one process', () => {
  it('do not see each other, whatever they share in code', async () => {
    const first = await startApplication({ providers: [NoOp] });
    const second = await startApplication({ providers: [NoOp] });
    await first.shipments.packing('ada', 1, new Date());
    await Promise.all([first.recorder.settled(), second.recorder.settled()]);
    expect(first.backbone.states()).toMatchObject([{ handled: 1 }]);
    expect(second.backbone.states()).toMatchObject([{ handled: 0 }]);
    expect(second.recorder.events).toEqual([]);
    await first.app.close();
    await second.shipments.packing('bob', 1, new Date());
    await second.recorder.settled();
    expect(second.backbone.states()).toMatchObject([{ handled: 1 }]);
  });

  it('share events when they share a server', async () => {
    const server = memoryChannel();
    const first = await startApplication({ providers: [] }, { channel: server.open() });
    const second = await startApplication({ providers: [NoOp] }, { channel: server.open() });
    await first.shipments.packing('ada', 1, new Date());
    await second.recorder.settled();
    expect(second.backbone.states()).toMatchObject([{ handled: 1 }]);
  });
});
