import { randomUUID } from 'node:crypto';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  getBackboneToken,
  getPrivacyToken,
  Privacy,
  Relay,
  RelayModule,
  Relays,
  type EventBackboneOptions,
} from 'nest-event-backbone';
import type { Channel, PayloadStore, ReadEvent } from 'nest-event-backbone/core';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { sharedStore } from '#app-kit';
import { quietLogger } from '../nest/start-application.js';
import { everything, SECRET, sharedChannel, textOf, WRAPPING } from './start-visits.js';
import { Visits } from './visits.js';

/** What the promises are tried on; all are closed by whoever gives them. */
export interface RelayServers {
  readonly from: () => Channel;
  readonly to: () => Channel;
  /** The keys of the receiving side. */
  readonly store: () => PayloadStore;
}

const LONG = { timeout: 20_000 };
const ada = { email: 'ada@example.org', name: 'Ada Canary' };
const bob = { email: 'bob@example.org', name: 'Bob Sparrow' };
/** The order is that of each key only. */
const atDoor = (door: string) => (event: ReadEvent) => event.message?.fields['door'] === door;

/** Declares the tests of personal data that is relayed to a connection that encrypts, the same for all servers. */
export function relayPromises(servers: RelayServers): void {
  const encrypting = (): Partial<EventBackboneOptions> => ({
    privacy: { secret: 'the secret of the sending side', keys: { store: memoryPayloadStore(), wrapping: WRAPPING } },
  });

  /** An application that produces on one connection and relays to another one, which encrypts. */
  async function start(sending: Partial<EventBackboneOptions> = {}, options: { readonly relays?: boolean } = {}) {
    const environment = `relayed-${randomUUID()}`;
    const tenant = () => environment;
    const keys = { store: sharedStore(servers.store()), wrapping: WRAPPING };
    const builder = Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: sharedChannel(servers.from()), environment, ...sending }),
        EventBackboneModule.forRoot({
          ...{ name: 'there', channel: sharedChannel(servers.to()), environment: `${environment}-there` },
          privacy: { secret: SECRET, keys, tenant },
        }),
        EventBackboneModule.forFeature([Visits]),
        ...(options.relays === false ? [] : [RelayModule.forRoot({ to: 'there', contracts: [Visits] })]),
      ],
    });
    const app = await builder.setLogger(quietLogger().logger).compile();
    onTestFinished(() => app.close());
    const here = app.get(Backbone);
    const there = app.get<Backbone>(getBackboneToken('there'), { strict: false });
    const stream = { environment, contract: 'visits' };
    const target = { environment: `${environment}-there`, contract: 'visits' };
    const privacy = app.get<Privacy>(getPrivacyToken('there'), { strict: false });
    return {
      ...{ here, there, stream, target },
      visits: here.producer(Visits),
      sender: app.get(Privacy),
      /** Relays from now on; resolves when so many events have arrived. */
      relayed: async (count: number) => {
        await app.init();
        const relays = app.get(Relays, { strict: false });
        await vi.waitFor(() => expect(relays.states()).toMatchObject([{ relayed: count, deadLetters: 0 }]), LONG);
      },
      erase: (subject: string) => privacy.erase(subject, { tenant: environment }),
      audit: () => privacy.audit(),
      /** As the receiving side reads it. */
      read: () => everything(there.channel, target),
      /** As it is stored there. */
      stored: () => everything(servers.to(), target),
    };
  }

  it('a person whose events were relayed is erased where they arrived, and everybody else is not', async () => {
    const { visits, relayed, stored, read, erase, audit, stream } = await start();
    await visits.came(ada, 1);
    await visits.came(bob, 2);
    await visits.wrote('I am Ada Canary', ada.email);
    await relayed(3);
    expect(textOf(await everything(servers.from(), stream))).toContain('Canary');
    expect(textOf(await stored())).not.toMatch(/Canary|Sparrow|example/);
    expect(textOf(await read())).toContain('Canary');
    expect(await erase(ada.email)).toMatchObject({ events: 2, fields: 3, keys: 1 });
    const events = await read();
    expect(textOf(events)).not.toMatch(/Canary|ada@/);
    expect(textOf(events)).toContain('Sparrow');
    expect(events.find(atDoor('1'))?.message?.erased).toEqual(['visitor']);
    expect((await audit()).findings).toEqual([]);
  });

  it('a person whose events were copied without saying whose they are would stay readable', async () => {
    const { visits, here, there, stream, target, read, erase } = await start({}, { relays: false });
    await visits.came(ada, 1);
    for (const { message } of await everything(here.channel, stream)) {
      if (message) await there.channel.publish(target, [message]);
    }
    expect(await erase(ada.email)).toMatchObject({ events: 0, keys: 0 });
    expect(textOf(await read())).toContain('Canary');
  });

  it('what was encrypted for the sending side is encrypted anew, once, and belongs to the same person', async () => {
    const { visits, relayed, stored, read, erase, stream } = await start(encrypting());
    await visits.came(ada, 1);
    await visits.came(bob, 2);
    await visits.remarked('a Canary sings', 3);
    expect(textOf(await everything(servers.from(), stream))).not.toMatch(/Canary|Sparrow/);
    await relayed(3);
    expect(textOf(await stored())).not.toMatch(/Canary|Sparrow/);
    const events = await read();
    expect(JSON.parse(events.find(atDoor('1'))?.message?.fields['visitor'] as string)).toEqual(ada);
    expect(events.find(atDoor('3'))?.message?.fields['remark']).toBe('"a Canary sings"');
    expect(await erase(ada.email)).toMatchObject({ events: 1, keys: 1 });
    expect(textOf(await read())).not.toContain('Ada');
    expect(textOf(await read())).toContain('Sparrow');
  });

  it('a person who was erased before does not come back, and holds nobody else up', async () => {
    const { visits, sender, relayed, read, erase } = await start(encrypting());
    await visits.came(ada, 1);
    await visits.came(bob, 2);
    await sender.erase(ada.email);
    // The two, and what says that something was erased.
    await relayed(3);
    const events = await read();
    expect(textOf(events)).not.toContain('Canary');
    expect(textOf(events)).toContain('Sparrow');
    const emptied = events.find(atDoor('1'));
    expect(emptied?.message?.fields).not.toHaveProperty('visitor');
    expect(await erase(ada.email)).toMatchObject({ events: 0, keys: 0 });
  });

  it('a relay that cannot tell whose data it brings is refused', async () => {
    const { here, there, stream, target } = await start({}, { relays: false });
    const relay = () => new Relay({ from: here.channel, to: there.channel, stream, target });
    expect(relay).toThrow(/EB_OPTIONS.*contracts/);
  });
}
