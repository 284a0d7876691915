import { Injectable, UseGuards, Scope, type CanActivate } from '@nestjs/common';
import {
  EventBatchHandler,
  EventGroup,
  EventHandler,
  HandlerDefaults,
  type EventBatch,
  type EventContext,
} from 'nest-event-backbone';
import { describe, expect, it, vi } from 'vitest';
import { ShipmentTracking, type Product, type User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

describe('the options of a handler', () => {
  it('come from itself, else from its class, else from its group', async () => {
    const tries = new Map<string, number>();
    const count = (name: string) => {
      tries.set(name, (tries.get(name) ?? 0) + 1);
      throw new Error('never');
    };
    @Injectable()
    @HandlerDefaults({ retry: { attempts: 2 }, group: 'class' })
    class Handlers {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { retry: { attempts: 3 } })
      own(): void {
        count('own');
      }

      @EventHandler(ShipmentTracking, (e) => e.packing)
      shared(): void {
        count('class');
      }
    }
    @Injectable()
    @EventGroup('plain')
    class Plain {
      @EventHandler(ShipmentTracking, (e) => e.packing)
      plain(): void {
        count('group');
      }
    }
    const { shipments, recorder, deadLetters } = await startApplication(
      { providers: [Handlers, Plain] },
      { groups: { plain: { retry: { attempts: 5 } } } },
    );
    await shipments.orderPlaced(...order());
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(Object.fromEntries(tries)).toEqual({ own: 3, class: 2, group: 5 });
    expect(await deadLetters('class')).toHaveLength(2);
  });

  it('end a try that takes too long: its signal fires and the next one begins', async () => {
    const signals: AbortSignal[] = [];
    @Injectable()
    class Slow {
      @EventHandler(ShipmentTracking, (e) => e.packing, { timeoutMs: 20, retry: { attempts: 2 } })
      async handle(_email: string, _id: number, _time: Date, { signal }: EventContext): Promise<void> {
        signals.push(signal);
        await new Promise(() => undefined);
      }
    }
    const { shipments, recorder, deadLetters } = await startApplication({ providers: [Slow] });
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(await deadLetters()).toMatchObject([{ code: 'EB_TIMEOUT', attempts: 2 }]);
  });

  it('leave the acknowledgement to the handler', async () => {
    const contexts: EventContext[] = [];
    @Injectable()
    class Manual {
      @EventHandler(ShipmentTracking, (e) => e.packing, { ack: 'manual' })
      handle(_email: string, _id: number, _time: Date, context: EventContext): void {
        contexts.push(context);
      }
    }
    const { shipments, backbone, recorder } = await startApplication({ providers: [Manual] });
    await shipments.packing('ada', 1, new Date());
    await shipments.packing('bob', 1, new Date());
    await vi.waitFor(() => expect(contexts).toHaveLength(2));
    expect(backbone.states()).toMatchObject([{ handled: 0, inFlight: 2 }]);
    contexts[0]?.ack();
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ handled: 1 }]));
    contexts[1]?.ack();
    await recorder.settled();
    expect(backbone.states()).toMatchObject([{ handled: 2, inFlight: 0 }]);
  });

  it.for<[string, object]>([
    ['`ack` must be', { ack: 'sometimes' }],
    ['knows no option timeout', { timeout: 5 }],
    ['EB_OPTIONS', { timeoutMs: -1 }],
    ['EB_OPTIONS', { retry: { attempts: 0 } }],
  ])('are refused at start where they make no sense: %s', async ([message, options]) => {
    @Injectable()
    class Wrong {
      @EventHandler(ShipmentTracking, (e) => e.packing, options)
      handle(): void {}
    }
    await expect(startApplication({ providers: [Wrong] })).rejects.toThrow(message);
  });
});

describe('a batch handler', () => {
  it('is given several events at once, and each has its own outcome', async () => {
    const batches: string[][] = [];
    @Injectable()
    class Storing {
      @EventBatchHandler(ShipmentTracking, (e) => e.orderPlaced, { maxSize: 10, maxWaitMs: 30, retry: { attempts: 1 } })
      store(batch: EventBatch<ShipmentTracking, 'orderPlaced'>): void {
        batches.push(batch.map(({ args: [user] }) => user.email));
        for (const item of batch) if (item.args[0].email.startsWith('bad')) item.fail(new Error('no such person'));
      }
    }
    const { shipments, recorder, deadLetters, backbone } = await startApplication({ providers: [Storing] });
    const emails = Array.from({ length: 24 }, (_, i) => `${i % 8 === 0 ? 'bad' : 'good'}${i}@example.org`);
    await Promise.all(emails.map((email) => shipments.orderPlaced(...order(email))));
    await recorder.settled();
    expect(batches.flat().sort()).toEqual([...emails].sort());
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(10);
    expect(await deadLetters()).toHaveLength(3);
    expect(backbone.states()).toMatchObject([{ handled: 21, deadLetters: 3 }]);
  });

  it('that throws fails the events that it has not failed itself, and is given them again', async () => {
    let calls = 0;
    @Injectable()
    class Storing {
      @EventBatchHandler(ShipmentTracking, 'packing', { maxWaitMs: 5 })
      store(): void {
        calls += 1;
        if (calls === 1) throw new Error('the database is away');
      }
    }
    const { shipments, recorder, deadLetters } = await startApplication({ providers: [Storing] });
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(calls).toBe(2);
    expect(await deadLetters()).toEqual([]);
  });

  it('is refused where something around it would be left out', async () => {
    const guard: CanActivate = { canActivate: () => true };
    @Injectable()
    class Guarded {
      @UseGuards(guard)
      @EventBatchHandler(ShipmentTracking, (e) => e.packing)
      store(): void {}
    }
    await expect(startApplication({ providers: [Guarded] })).rejects.toThrow('cannot have guards');
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @EventBatchHandler(ShipmentTracking, (e) => e.packing)
      store(): void {}
    }
    await expect(startApplication({ providers: [Scoped] })).rejects.toThrow('static provider');
    @Injectable()
    class Two {
      @(EventBatchHandler(ShipmentTracking, (e) => e.packing) as MethodDecorator)
      store(batch: unknown, context: unknown): unknown {
        return [batch, context];
      }
    }
    await expect(startApplication({ providers: [Two] })).rejects.toThrow('a batch handler takes one');
  });

  it('keeps the types of the arguments', () => {
    const take = (user: User, product: Product): string => `${user.email} ${product.id}`;
    const read = (batch: EventBatch<ShipmentTracking, 'orderPlaced'>): readonly string[] =>
      batch.map(({ args: [user, product] }) => take(user, product));
    expect(read([])).toEqual([]);
  });
});
