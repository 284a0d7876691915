import { Inject, Injectable, Scope, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import {
  ContextIdFactory,
  ModuleRef,
  REQUEST,
  type ContextId,
  type ContextIdStrategy,
  type HostComponentInfo,
} from '@nestjs/core';
import { Controller } from '@nestjs/common';
import { EventContext, EventHandler } from 'nest-event-backbone';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ShipmentTracking, type User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

const seen: unknown[] = [];
beforeEach(() => void (seen.length = 0));

@Injectable({ scope: Scope.REQUEST })
class Session {
  constructor(@Inject(REQUEST) readonly request: EventContext) {}
}

describe('handlers of request-scoped providers', () => {
  it('run on an instance of their own for each event, whose REQUEST is the context of the event', async () => {
    const instances = new Set<unknown>();
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(
        @Inject(REQUEST) private readonly request: EventContext,
        private readonly session: Session,
      ) {}

      @EventHandler(ShipmentTracking, (e) => e.packing)
      packed(email: string, _id: number, _time: Date, context: EventContext): void {
        instances.add(this);
        seen.push([email, context === this.request, context === this.session.request, context.id]);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Scoped, Session] });
    const first = await shipments.packing('ada', 1, new Date());
    const second = await shipments.packing('bob', 2, new Date());
    await recorder.settled();
    expect(seen).toEqual(
      expect.arrayContaining([
        ['ada', true, true, first.id],
        ['bob', true, true, second.id],
      ]),
    );
    expect(instances.size).toBe(2);
  });

  it('run on a new instance for each try, and what they resolve by the event is of that instance', async () => {
    const instances = new Set<unknown>();
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(
        private readonly session: Session,
        private readonly moduleRef: ModuleRef,
      ) {}

      @EventHandler(ShipmentTracking, (e) => e.packing)
      async packed(_email: string, _id: number, _time: Date, context: EventContext): Promise<void> {
        instances.add(this);
        const session = await this.moduleRef.resolve(Session, ContextIdFactory.getByRequest(context), {
          strict: false,
        });
        seen.push(session === this.session);
        if (context.attempt < 3) throw new Error('again');
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Scoped, Session] });
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(instances.size).toBe(3);
    expect(seen).toEqual([true, true, true]);
  });

  it('may be controllers, and may get their scope from what they inject', async () => {
    @Controller()
    class ScopedController {
      constructor(private readonly session: Session) {}

      @EventHandler(ShipmentTracking, (e) => e.packing)
      packed(_email: string, _id: number, _time: Date, context: EventContext): void {
        seen.push(this.session.request === context);
      }
    }
    const { shipments, recorder } = await startApplication({ controllers: [ScopedController], providers: [Session] });
    await shipments.packing('ada', 1, new Date());
    await recorder.settled();
    expect(seen).toEqual([true]);
  });

  it('run on a new instance for each event where the provider is transient', async () => {
    let made = 0;
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      readonly number = (made += 1);

      @EventHandler(ShipmentTracking, (e) => e.packing)
      packed(): void {
        seen.push(this.number);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Transient] });
    await shipments.packing('ada', 1, new Date());
    await shipments.packing('bob', 1, new Date());
    await recorder.settled();
    expect(new Set(seen).size).toBe(2);
  });

  it('pass through guards that are request-scoped themselves', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class ScopedGuard implements CanActivate {
      constructor(private readonly session: Session) {}

      canActivate(context: ExecutionContext): boolean {
        const [email] = context.getArgs<[string]>();
        seen.push([email, this.session.request instanceof EventContext]);
        return email === 'ada';
      }
    }
    @Injectable()
    class Guarded {
      @UseGuards(ScopedGuard)
      @EventHandler(ShipmentTracking, (e) => e.packing)
      packed(email: string): void {
        seen.push(`handled ${email}`);
      }
    }
    const { shipments, recorder, deadLetters } = await startApplication({ providers: [Guarded, Session] });
    await shipments.packing('ada', 1, new Date());
    await shipments.packing('bob', 1, new Date());
    await recorder.settled();
    expect(seen).toEqual(expect.arrayContaining([['ada', true], ['bob', true], 'handled ada']));
    expect(seen).not.toContain('handled bob');
    expect(await deadLetters()).toHaveLength(1);
  });
});

describe('handlers of durable providers', () => {
  it('share an instance for each tenant, which sees what the strategy gave, never one event', async () => {
    const tenants = new Map<string, ContextId>();
    const strategy: ContextIdStrategy<EventContext> = {
      attach(contextId, event) {
        const tenant = event.key;
        const parent = tenants.get(tenant) ?? ContextIdFactory.create();
        tenants.set(tenant, parent);
        return {
          payload: { tenant },
          resolve: (info: HostComponentInfo) => (info.isTreeDurable ? parent : contextId),
        };
      },
    };
    const { strategy: before } = ContextIdFactory as unknown as { strategy?: ContextIdStrategy };
    ContextIdFactory.apply(strategy);
    onTestFinished(() => ContextIdFactory.apply(before as ContextIdStrategy));

    const instances = new Set<unknown>();
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Durable {
      constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {}

      @EventHandler(ShipmentTracking, (e) => e.packing)
      packed(email: string): void {
        instances.add(this);
        seen.push([email, this.request.tenant]);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Durable] });
    for (const [email, key] of [
      ['ada', 'red'],
      ['bob', 'blue'],
      ['cyd', 'red'],
      ['dan', 'blue'],
    ] as const) {
      await shipments.$with({ key }).packing(email, 1, new Date());
    }
    await recorder.settled();
    expect(instances.size).toBe(2);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['ada', 'red'],
        ['bob', 'blue'],
        ['cyd', 'red'],
        ['dan', 'blue'],
      ]),
    );
  });
});

describe('a scoped handler that cannot be made', () => {
  it('counts as a failure of the event, with retries, and the consumer goes on', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Fragile {
      constructor() {
        made += 1;
        if (made === 1) throw new Error('not now');
      }

      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      handle(user: User): void {
        seen.push(user.email);
      }
    }
    const { shipments, recorder } = await startApplication({ providers: [Fragile] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(seen).toEqual(['ada@example.org']);
    expect(made).toBe(2);
  });
});
