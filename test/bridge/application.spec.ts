import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  BackboneHealth,
  BridgeModule,
  Bridges,
  EventBackboneModule,
  EventHandler,
  getBackboneToken,
  type BridgeModuleOptions,
  type Channel,
  type EventContext,
} from 'nest-event-backbone';
import { copyMark } from 'nest-event-backbone/bridge';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { Guests, Orders, Returns } from './bridging.js';

@Injectable()
class Ledger {
  readonly seen: (readonly [string, string, string | undefined])[] = [];

  @EventHandler(Orders, (e) => e.placed)
  placed(order: string, _amount: number, { metadata }: EventContext): void {
    this.seen.push(['placed', order, copyMark(metadata)?.origin.server]);
  }

  @EventHandler(Returns, (e) => e.returned)
  returned(order: string, { metadata }: EventContext): void {
    this.seen.push(['returned', order, copyMark(metadata)?.origin.server]);
  }
}

const CONTRACTS = [Orders, Returns];

/** An application with three connections, two of which have no handlers. */
async function start(
  bridges: readonly BridgeModuleOptions[],
  channels: Partial<Record<'shop' | 'one' | 'two', Channel>> = {},
) {
  const { shop = memoryChannel(), one = memoryChannel(), two = memoryChannel() } = channels;
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: shop, group: 'ledger' }),
      EventBackboneModule.forRoot({ name: 'one', channel: one }),
      EventBackboneModule.forRoot({ name: 'two', channel: two }),
      BridgeModule.forRoot(...bridges),
    ],
    providers: [Ledger],
  });
  const app = await builder.setLogger(quietLogger().logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const backbone = (name?: string) => app.get<Backbone>(getBackboneToken(name), { strict: false });
  const idsIn = async (name: string | undefined, environment = 'default') => {
    const ids: (string | undefined)[] = [];
    for await (const events of backbone(name).channel.read({ stream: { environment, contract: 'orders' } })) {
      ids.push(...events.map(({ message }) => message?.id));
    }
    return ids;
  };
  return { app, backbone, idsIn, bridges: app.get(Bridges, { strict: false }) };
}

describe('the bridges of an application', () => {
  const from = { server: 'shop' };

  it('bring what is appended once to several other channels, each stream by one bridge', async () => {
    const targets = ['one', 'two'].map((name) => ({
      from,
      to: { connection: name, server: name },
      contracts: CONTRACTS,
    }));
    const { app, backbone, bridges, idsIn } = await start(targets);
    const { id: placed } = await backbone().producer(Orders).placed('o-1', 5);
    const { id: returned } = await backbone().producer(Returns).returned('o-1');
    expect(await bridges.caughtUp()).toEqual([1, 2].map(() => ({ waiting: 0, deadLetters: 0 })));
    for (const name of ['one', 'two']) expect(await idsIn(name)).toEqual([placed, returned]);
    expect(bridges.states()).toMatchObject([{ group: 'bridge-to-one.default.orders' }, { relayed: 2 }]);
    await app.close();
    expect(bridges.states().map(({ status }) => status)).toEqual(['stopped', 'stopped']);
  });

  it('face each other, and every handler gets each event once and knows where it comes from', async () => {
    const there = { connection: 'one', server: 'one' };
    const facing = { contracts: CONTRACTS, identity: 'renew' } as const;
    const { app, backbone, bridges, idsIn } = await start([
      { from, to: there, ...facing },
      { from: there, to: from, ...facing },
    ]);
    await backbone().producer(Orders).placed('o-1', 5);
    await backbone('one').producer(Returns).returned('o-2');
    const { seen } = app.get(Ledger);
    await vi.waitFor(async () => {
      expect(await idsIn('one')).toHaveLength(2);
      expect(seen).toHaveLength(2);
    });
    await bridges.caughtUp();
    expect(await idsIn('one')).toHaveLength(2);
    expect([...seen].sort()).toEqual([
      ['placed', 'o-1', undefined],
      ['returned', 'o-2', 'one'],
    ]);
  });

  it('copy into another environment of the same connection', async () => {
    const { backbone, bridges, idsIn } = await start([
      { from: {}, to: { environment: 'staging' }, contracts: [Orders] },
    ]);
    const { id } = await backbone().producer(Orders).placed('o-1', 5);
    await bridges.caughtUp();
    expect(await idsIn(undefined, 'staging')).toEqual([id]);
    expect(await idsIn(undefined)).toEqual([id]);
  });

  it('are part of the health of the connection that they read', async () => {
    const one = { connection: 'one', server: 'one' };
    const broken: () => boolean = () => 'maybe' as never;
    const bridge = { from, to: one, contracts: [Orders], where: broken, group: 'broken' };
    const { app, backbone, bridges } = await start([bridge]);
    await backbone().producer(Orders).placed('o-1', 5);
    await vi.waitFor(() => expect(bridges.states()).toMatchObject([{ status: 'failed' }]));
    const { status, problems } = await app.get(BackboneHealth).check();
    expect(status).toBe('down');
    expect(problems).toMatchObject([{ kind: 'relay', of: 'orders:broken', status: 'down' }]);
  });

  it('do not let the application start with what cannot work', async () => {
    const to = { connection: 'one', server: 'one' };
    const memory = memoryChannel();
    const forever: Channel = Object.create(memory, {
      supports: { value: { ...memory.supports, erase: false } },
    }) as Channel;
    const refused: readonly (readonly [BridgeModuleOptions, object])[] = [
      [{ from, to: { connection: 'one' }, contracts: [Orders] }, { code: 'EB_OPTIONS' }],
      [{ from, to: from, contracts: [Orders] }, { code: 'EB_OPTIONS' }],
      [{ from, to: { ...to, environment: 'pro d' }, contracts: [Orders] }, { code: 'EB_NAME' }],
      [{ from, to, contracts: [Orders], types: ['placed.v7'], group: 'own' }, { code: 'EB_OPTIONS' }],
      [
        { from, to, contracts: [Guests] },
        { code: 'EB_UNSUPPORTED', details: { missing: ['erase'] } },
      ],
    ];
    for (const [options, error] of refused) {
      await expect(start([options], { one: forever })).rejects.toMatchObject(error);
    }
    await expect(start([{ from, to: { connection: 'nowhere' }, contracts: [] }])).rejects.toThrow('nowhere');
  });
});
