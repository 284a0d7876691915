import { Injectable, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ContractEvent,
  EventBackboneModule,
  EventGroup,
  EventHandler,
  EventsContract,
  type EventBackboneOptions,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ShipmentTracking, type User } from './shipment-tracking.js';

async function start(
  providers: readonly Type[],
  options: Partial<EventBackboneOptions> = {},
  more: EventBackboneOptions[] = [],
) {
  const connections = [{ channel: memoryChannel(), group: 'g', ...options }, ...more];
  const builder = Test.createTestingModule({
    imports: connections.map((each) => EventBackboneModule.forRoot(each)),
    providers: [...providers],
  });
  const app = await builder.compile();
  onTestFinished(() => app.close());
  await app.init();
}

@Injectable()
class Fine {
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  fine(user: User): string {
    return user.email;
  }
}

describe('an application is refused at start', () => {
  it('because a handler names an event that its contract does not have', async () => {
    @Injectable()
    class Wrong {
      @EventHandler(ShipmentTracking, 'orderPlacd' as 'orderPlaced')
      wrong(): void {}
    }
    await expect(start([Wrong])).rejects.toThrow(
      'EB_HANDLER: Wrong.wrong: ShipmentTracking has no event "orderPlacd"; it has: orderPlaced, packing',
    );
  });

  it('because two handlers of a group handle one event; the remedy is a group of its own', async () => {
    @Injectable()
    class Second {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      second(): void {}
    }
    await expect(start([Fine, Second])).rejects.toThrow(
      /^EB_HANDLER: Fine\.fine and Second\.second both handle shipment-tracking\.orderPlaced\.v1 in the group "g"; .*group of its own/,
    );
  });

  it('because a handler has no group', async () => {
    await expect(start([Fine], { group: undefined })).rejects.toThrow(
      /^EB_HANDLER: Fine\.fine: it has no group; name one/,
    );
  });

  it('because a handler takes more parameters than there are', async () => {
    @Injectable()
    class Greedy {
      // @ts-expect-error: compilers see it, too
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      greedy(a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
        return [a, b, c, d, e];
      }
    }
    await expect(start([Greedy])).rejects.toThrow(
      /^EB_HANDLER: Greedy\.greedy: it takes 5 parameters, but .* 3 arguments/,
    );
  });

  it('because a contract is not in order', async () => {
    @EventsContract('nameless')
    class Nameless {
      @ContractEvent()
      happened(what: string) {
        return what.length;
      }
    }
    @Injectable()
    class Handles {
      @EventHandler(Nameless, (e) => e.happened)
      handle(): void {}
    }
    await expect(start([Handles])).rejects.toThrow(/^EB_CONTRACT: Nameless\.happened /);
  });

  it('because a group has a name outside the grammar', async () => {
    @Injectable()
    @EventGroup('not valid')
    class Wrong {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      wrong(): void {}
    }
    await expect(start([Wrong])).rejects.toThrow(/^EB_NAME: the group of Wrong\.wrong "not valid"/);
  });

  it('because a handler has an option that nobody knows', async () => {
    @Injectable()
    class Wrong {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { grup: 'x', retry: { atempts: 1 } } as object)
      wrong(): void {}
    }
    await expect(start([Wrong])).rejects.toThrow(
      'EB_HANDLER: Wrong.wrong: @EventHandler knows no option grup, retry.atempts',
    );
  });

  it('because a handler reads from a connection that is not set up', async () => {
    @Injectable()
    class Wrong {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { connection: 'archive' })
      wrong(): void {}
    }
    await expect(start([Wrong])).rejects.toThrow(
      /^EB_HANDLER: Wrong\.wrong: .*"archive".*forRoot\(\{ name: 'archive' \}\)/,
    );
  });

  it('because one connection is set up twice', async () => {
    await expect(start([Fine], {}, [{ channel: memoryChannel() }])).rejects.toThrow(
      /^EB_OPTIONS: .* sets up the main connection twice/,
    );
  });

  it('because `consumers` or `groups` name a group that has no handler', async () => {
    await expect(start([Fine], { consumers: ['other'] })).rejects.toThrow(
      /^EB_OPTIONS: .*`consumers` names other.*its groups: g/,
    );
    await expect(start([Fine], { groups: { other: {} } })).rejects.toThrow(/^EB_OPTIONS: .*`groups` names other/);
  });

  it('because a retry makes no sense', async () => {
    @Injectable()
    class Wrong {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { retry: { attempts: 0 } })
      wrong(): void {}
    }
    await expect(start([Wrong])).rejects.toThrow(/^EB_OPTIONS: retry\.attempts/);
  });

  it('because options are unknown, by name', async () => {
    await expect(start([], { grop: 'x', consumer: { concurency: 1 } } as object)).rejects.toThrow(
      /^EB_OPTIONS: .*unknown option grop;/,
    );
    await expect(start([], { consumer: { concurency: 1 } } as object)).rejects.toThrow(
      /unknown option consumer\.concurency/,
    );
  });

  it('because the channel cannot do what the application requires', async () => {
    await expect(start([], { requires: ['dedupe', 'transaction', 'persistent'] })).rejects.toThrow(
      /^EB_UNSUPPORTED: .*: transaction, persistent; choose another channel/,
    );
    await expect(start([], { requires: ['dedupe'] })).resolves.toBeUndefined();
  });

  it('because it produces personal data on a channel that cannot erase', async () => {
    const channel = memoryChannel();
    const forgetless = Object.assign(Object.create(channel) as typeof channel, {
      supports: { ...channel.supports, erase: false },
      close: () => channel.close(),
    });
    const app = Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: forgetless }),
        EventBackboneModule.forFeature([ShipmentTracking]),
      ],
    });
    await expect(app.compile()).rejects.toThrow(
      /^EB_UNSUPPORTED: ShipmentTracking\.orderPlaced has a @Personal argument/,
    );
  });

  it('because a decorator is given no contract, as circular imports do', () => {
    const none = undefined as unknown as typeof ShipmentTracking;
    expect(() => EventHandler(none, 'orderPlaced')(Fine.prototype, 'fine', { value: () => undefined })).toThrow(
      /^EB_HANDLER: Fine\.fine: .*imported in a circle/,
    );
    expect(() => EventBackboneModule.forFeature([none])).toThrow(/^EB_CONTRACT: .*imported in a circle/);
  });
});
