import {
  Global,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  EventHandler,
  getProducerToken,
  InjectProducer,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, vi } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

@Injectable()
class NoOp {
  @EventHandler(ShipmentTracking, (e) => e.packing)
  handle(): void {}
}

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** A database that closes when its module is destroyed, as people write them. */
@Injectable()
class Database implements OnModuleDestroy {
  closed = false;

  onModuleDestroy(): void {
    this.closed = true;
  }

  write(): void {
    if (this.closed) throw new Error('connection closed');
  }
}

@Global()
@Module({ providers: [Database], exports: [Database] })
class GlobalDatabaseModule {}

@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

@Injectable()
class Writer {
  readonly begun = gate();
  readonly goOn = gate();
  outcome = 'not run';

  constructor(readonly database: Database) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async handle(): Promise<void> {
    this.begun.open();
    await this.goOn.opened;
    try {
      this.database.write();
      this.outcome = 'written';
    } catch (error) {
      this.outcome = (error as Error).message;
    }
  }
}

const backboneModule = () => EventBackboneModule.forRoot({ channel: memoryChannel(), group: 'g' });
const featureModule = (database: typeof DatabaseModule) => {
  @Module({
    imports: [database, EventBackboneModule.forFeature([ShipmentTracking])],
    providers: [Writer],
  })
  class FeatureModule {}
  return FeatureModule;
};

async function closeWhileHandling(
  imports: (DynamicModule | typeof DatabaseModule)[],
  switchOff = false,
): Promise<string> {
  const app = await Test.createTestingModule({ imports }).compile();
  if (switchOff) {
    for (const module of app.get(ModulesContainer).values()) {
      if (module.name === 'EventBackboneRunnerModule') module.distance = Number.MAX_VALUE;
    }
  }
  await app.init();
  const writer = app.get(Writer, { strict: false });
  await app.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking)).orderPlaced(...order());
  await writer.begun.opened;
  const closing = app.close();
  // Where the database goes first, it is closed by the time the consumers begin to stop.
  await vi.waitFor(() => expect(app.get(Backbone).states()).toMatchObject([{ status: 'stopping' }]));
  writer.goOn.open();
  await closing;
  return writer.outcome;
}

describe('shutting down while a handler runs', () => {
  it.each([
    ['first', () => [backboneModule(), featureModule(DatabaseModule)]],
    ['last', () => [featureModule(DatabaseModule), backboneModule()]],
    ['first, with a global database', () => [backboneModule(), featureModule(GlobalDatabaseModule)]],
    [
      'last, with a global database',
      () => [GlobalDatabaseModule, featureModule(GlobalDatabaseModule), backboneModule()],
    ],
  ])('lets it finish before the database is destroyed, the module being imported %s', async (_, imports) => {
    expect(await closeWhileHandling(imports())).toBe('written');
  });

  it('would destroy the database first without the order that the library sets', async () => {
    expect(await closeWhileHandling([backboneModule(), featureModule(DatabaseModule)], true)).toBe('connection closed');
  });

  it('returns by its deadline when a handler hangs, and gives the event back', async () => {
    const begun = gate();
    const signals: AbortSignal[] = [];
    @Injectable()
    class Hanging {
      @EventHandler(ShipmentTracking, (e) => e.packing)
      async hang(_email: string, _id: number, _time: Date, { signal }: { signal: AbortSignal }): Promise<void> {
        signals.push(signal);
        begun.open();
        await new Promise(() => undefined);
      }
    }
    const channel = memoryChannel();
    const first = channel.open();
    const { app, shipments } = await startApplication(
      { providers: [Hanging] },
      { channel: first, shutdownTimeoutMs: 20 },
    );
    await shipments.packing('ada', 1, new Date());
    await begun.opened;
    await app.close();
    expect(signals[0]?.aborted).toBe(true);

    const { recorder, backbone } = await startApplication({ providers: [NoOp] }, { channel });
    await recorder.settled();
    expect(backbone.states()[0]).toMatchObject({ handled: 1 });
  });

  it('drains when main.ts asks for it, once, and is not started again', async () => {
    const { backbone, shipments } = await startApplication({ providers: [NoOp] });
    await Promise.all([backbone.drain(), backbone.drain()]);
    expect(backbone.states()).toMatchObject([{ status: 'stopped' }]);
    expect(() => backbone.start()).toThrow(/^EB_CLOSED/);
    await expect(shipments.packing('ada', 1, new Date())).resolves.toMatchObject({ duplicate: false });
  });

  it('closes the channel after every provider has shut down, so that the last words are still stored', async () => {
    const words: unknown[] = [];
    @Injectable()
    class LastWords implements OnModuleDestroy, OnApplicationShutdown {
      constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

      async onModuleDestroy(): Promise<void> {
        words.push((await this.shipments.packing('destroyed', 1, new Date())).duplicate);
      }

      async onApplicationShutdown(): Promise<void> {
        words.push((await this.shipments.packing('shut down', 1, new Date())).duplicate);
      }
    }
    const { app, shipments } = await startApplication({ providers: [LastWords] });
    await app.close();
    expect(words).toEqual([false, false]);
    await expect(shipments.packing('too late', 1, new Date())).rejects.toMatchObject({ code: 'EB_CLOSED' });
  });
});
