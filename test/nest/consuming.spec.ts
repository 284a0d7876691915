import { Injectable } from '@nestjs/common';
import { ContractEvent, EventHandler, EventsContract, type Middleware } from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

describe('contracts that share a stream', () => {
  @EventsContract()
  class Extended extends ShipmentTracking {
    @ContractEvent()
    delivered(to: string) {
      return { to };
    }
  }

  it('are read by one consumer, and each knows the events of the others', async () => {
    const seen: string[] = [];
    @Injectable()
    class Handlers {
      @EventHandler(ShipmentTracking, (e) => e.packing)
      packing(): void {
        seen.push('packing');
      }

      @EventHandler(Extended, (e) => e.delivered)
      delivered(): void {
        seen.push('delivered');
      }
    }
    const { backbone } = await startApplication({ providers: [Handlers] });
    expect(backbone.states()).toHaveLength(1);
    const producer = backbone.producer(Extended);
    await producer.packing('ada', 1, new Date());
    await producer.delivered('home');
    await producer.orderPlaced(...order());
    await (backbone.channel as ReturnType<typeof memoryChannel>).settled();
    expect([...seen].sort()).toEqual(['delivered', 'packing']);
    expect(backbone.states()).toMatchObject([{ handled: 2, skipped: 1, deadLetters: 0 }]);
  });
});

describe('middleware and retries', () => {
  it('stand in this order: the user, the retry, the checks, the handler', async () => {
    const log: string[] = [];
    const middleware: Middleware = async (context, next) => {
      log.push(`${context.stage} in`);
      await next();
      log.push(`${context.stage} out`);
    };
    @Injectable()
    class Twice {
      @EventHandler(ShipmentTracking, (e) => e.packing, {
        middleware: [
          async (_, next) => {
            log.push('own');
            await next();
          },
        ],
      })
      handle(...args: unknown[]): void {
        const { attempt } = args.at(-1) as { attempt: number };
        log.push(`try ${attempt}`);
        if (attempt === 1) throw new Error('again');
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Twice] }, { middleware: [middleware] });
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(log.filter((line) => line.startsWith('produce'))).toEqual(['produce in', 'produce out']);
    expect(log.filter((line) => !line.startsWith('produce'))).toEqual([
      'consume in',
      'own',
      'try 1',
      'own',
      'try 2',
      'consume out',
    ]);
  });

  it('take the retry of the handler before that of the group before that of the connection, option by option', async () => {
    const tries: Record<string, number> = {};
    const failing = (name: string) => {
      tries[name] = (tries[name] ?? 0) + 1;
      throw new Error(name);
    };
    @Injectable()
    class Failing {
      @EventHandler(ShipmentTracking, (e) => e.packing, { group: 'a' })
      connection(): void {
        failing('connection');
      }

      @EventHandler(ShipmentTracking, (e) => e.packing, { group: 'b' })
      group(): void {
        failing('group');
      }

      @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { group: 'b', retry: { attempts: 1 } })
      handler(): void {
        failing('handler');
      }
    }
    const { shipments, recorder } = await startApplication(
      { providers: [Failing] },
      { retry: { attempts: 2 }, groups: { b: { retry: { attempts: 3 }, concurrency: 1 } } },
    );
    await shipments.packing('ada', 1, new Date());
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(tries).toEqual({ connection: 2, group: 3, handler: 1 });
  });
});

describe('arguments with class-validator decorators', () => {
  it('are refused before anything is stored, literals too', async () => {
    const { shipments, recorder } = await startApplication({ providers: [] });
    await expect(shipments.orderPlaced(...order('not one'))).rejects.toMatchObject({
      code: 'EB_VALIDATION',
      details: { path: 'user.email', constraint: 'isEmail' },
    });
    expect(recorder.events).toEqual([]);
  });

  it('are poison when they arrive all the same: set aside at once', async () => {
    let runs = 0;
    @Injectable()
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      handle(): void {
        runs += 1;
      }
    }
    const channel = memoryChannel();
    const careless = await startApplication({ providers: [] }, { channel: channel.open(), validate: false });
    const careful = await startApplication({ providers: [Service] }, { channel });
    await careless.shipments.orderPlaced(...order('not one'));
    await careful.recorder.settled();
    expect(runs).toBe(0);
    expect(await careful.deadLetters()).toMatchObject([{ kind: 'invalid', code: 'EB_VALIDATION', attempts: 1 }]);
  });
});
