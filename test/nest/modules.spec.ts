import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  EventHandler,
  getBackboneToken,
  getChannelToken,
  getProducerToken,
  InjectProducer,
  type EventBackboneOptions,
  type EventBackboneOptionsFactory,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';
import { startApplication } from './start-application.js';

@Injectable()
class Shop {
  constructor(@InjectProducer(ShipmentTracking) readonly shipments: Producer<ShipmentTracking>) {}
}

@Injectable()
class Settings {
  readonly group = 'from-settings';
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class OptionsMaker implements EventBackboneOptionsFactory {
  constructor(@Inject(Settings) private readonly settings: Settings) {}

  createEventBackboneOptions(): EventBackboneOptions {
    return { channel: memoryChannel(), group: this.settings.group };
  }
}

@Module({ imports: [SettingsModule], providers: [OptionsMaker], exports: [OptionsMaker] })
class MakerModule {}

describe('EventBackboneModule.forRootAsync', () => {
  it.each([
    [
      'useFactory',
      EventBackboneModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ group }: Settings) => Promise.resolve({ channel: memoryChannel(), group }),
      }),
    ],
    ['useClass', EventBackboneModule.forRootAsync({ imports: [SettingsModule], useClass: OptionsMaker })],
    ['useExisting', EventBackboneModule.forRootAsync({ imports: [MakerModule], useExisting: OptionsMaker })],
  ])('takes its options from %s', async (_, imported) => {
    const app = await Test.createTestingModule({
      imports: [imported, EventBackboneModule.forFeature([ShipmentTracking])],
      providers: [Shop],
    }).compile();
    onTestFinished(() => app.close());
    await app.get(Shop).shipments.packing('ada', 1, new Date());
    const sources: unknown[] = [];
    const stream = { environment: 'default', contract: 'shipment-tracking' };
    for await (const batch of app.get(Backbone).channel.read({ stream })) {
      sources.push(...batch.map(({ message }) => message?.source));
    }
    expect(sources).toEqual(['from-settings']);
  });

  it('refuses no way, two ways and unknown ones to make options', () => {
    const useFactory = () => ({ channel: memoryChannel() });
    expect(() => EventBackboneModule.forRootAsync({})).toThrow(/^EB_OPTIONS: forRootAsync: name one of/);
    expect(() => EventBackboneModule.forRootAsync({ useFactory, useClass: OptionsMaker })).toThrow(/^EB_OPTIONS/);
    expect(() => EventBackboneModule.forRootAsync({ useFactory, group: 'x' } as object)).toThrow(
      /unknown option group/,
    );
  });
});

describe('tokens', () => {
  it('are readable, the same each time, and apart for each contract and connection', () => {
    class Another extends ShipmentTracking {}
    expect(getProducerToken(ShipmentTracking)).toBe(getProducerToken(ShipmentTracking));
    const tokens = [
      getProducerToken(ShipmentTracking),
      getProducerToken(ShipmentTracking, 'archive'),
      getProducerToken(Another),
      getChannelToken(),
      getChannelToken('archive'),
      getBackboneToken(),
      getBackboneToken('archive'),
    ];
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.slice(0, 2).map((token) => (token as symbol).description)).toEqual([
      'Producer<ShipmentTracking>',
      'Producer<ShipmentTracking> (archive)',
    ]);
    expect(getBackboneToken()).toBe(Backbone);
  });

  it('let a test replace a producer', async () => {
    const placed: unknown[] = [];
    const fake = { packing: (...args: unknown[]) => void placed.push(args) };
    const app = await Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: memoryChannel() }),
        EventBackboneModule.forFeature([ShipmentTracking]),
      ],
      providers: [Shop],
    })
      .overrideProvider(getProducerToken(ShipmentTracking))
      .useValue(fake)
      .compile();
    onTestFinished(() => app.close());
    await app.get(Shop).shipments.packing('ada', 1, new Date(0));
    expect(placed).toEqual([['ada', 1, new Date(0)]]);
  });

  it('let a test replace the channel', async () => {
    const channel = memoryChannel();
    const app = await Test.createTestingModule({
      imports: [EventBackboneModule.forRoot({ channel: memoryChannel(), requires: ['dedupe'] })],
    })
      .overrideProvider(getChannelToken())
      .useValue(channel)
      .compile();
    onTestFinished(() => app.close());
    expect(app.get(Backbone).channel).toBe(channel);
  });

  it('give one producer for a contract, injected or asked for', async () => {
    const { app, backbone } = await startApplication({ providers: [Shop] });
    expect(app.get(Shop).shipments).toBe(backbone.producer(ShipmentTracking));
  });
});

describe('named connections', () => {
  @Injectable()
  class Archive {
    readonly archived: string[] = [];
    readonly main: string[] = [];

    @EventHandler(ShipmentTracking, (e) => e.packing, { connection: 'archive' })
    fromArchive(email: string): void {
      this.archived.push(email);
    }

    @EventHandler(ShipmentTracking, (e) => e.packing)
    fromMain(email: string): void {
      this.main.push(email);
    }
  }

  it('carry their own events to their own handlers', async () => {
    const main = memoryChannel();
    const archive = memoryChannel();
    @Injectable()
    class Both {
      constructor(
        @InjectProducer(ShipmentTracking) readonly main: Producer<ShipmentTracking>,
        @InjectProducer(ShipmentTracking, 'archive') readonly archive: Producer<ShipmentTracking>,
      ) {}
    }
    const app = await Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: main, group: 'g' }),
        EventBackboneModule.forRoot({ name: 'archive', channel: archive, group: 'a' }),
        EventBackboneModule.forFeature([ShipmentTracking]),
        EventBackboneModule.forFeature([ShipmentTracking], 'archive'),
      ],
      providers: [Archive, Both],
    }).compile();
    onTestFinished(() => app.close());
    await app.init();
    await app.get(Both).main.packing('to main', 1, new Date());
    await app.get(Both).archive.packing('to archive', 1, new Date());
    await Promise.all([main.settled(), archive.settled()]);
    expect(app.get(Archive)).toMatchObject({ main: ['to main'], archived: ['to archive'] });
    expect(app.get<Backbone>(getBackboneToken('archive')).states()).toMatchObject([{ group: 'a', handled: 1 }]);
  });
});
