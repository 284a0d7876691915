import { Test } from '@nestjs/testing';
import {
  Backbone,
  BridgeModule,
  Bridges,
  EventBackboneModule,
  getBackboneToken,
  getPrivacyToken,
  type Privacy,
} from 'nest-event-backbone';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { everything, textOf } from '../privacy/start-visits.js';
import { Visits } from '../privacy/visits.js';

const ada = { email: 'ada@example.org', name: 'Ada Canary' };

/** Keys, and a secret, of one side only. */
const privacy = (side: number) => ({
  secret: `the secret of side ${side}, and of no other`,
  keys: { store: memoryPayloadStore(), wrapping: { current: 'k', keys: { k: Buffer.alloc(32, side) } } },
});

async function start(identity: 'keep' | 'renew', readsWithKeys = true) {
  const [channel, to] = [memoryChannel(), memoryChannel()];
  const keys = privacy(1);
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel, privacy: keys }),
      EventBackboneModule.forRoot({ name: 'plain', channel }),
      EventBackboneModule.forRoot({ name: 'there', channel: to, privacy: privacy(2) }),
      BridgeModule.forRoot({
        from: { connection: readsWithKeys ? undefined : 'plain', server: 'here' },
        to: { connection: 'there', server: 'there' },
        ...{ contracts: [Visits], identity },
      }),
    ],
  });
  const app = await builder.setLogger(quietLogger().logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const stream = { environment: 'default', contract: 'visits' };
  const there = app.get<Backbone>(getBackboneToken('there'), { strict: false });
  return {
    visits: app.get(Backbone).producer(Visits),
    bridges: app.get(Bridges, { strict: false }),
    erase: (subject: string) => app.get<Privacy>(getPrivacyToken('there'), { strict: false }).erase(subject),
    read: async () => textOf(await everything(there.channel, stream)),
    stored: async () => textOf(await everything(to, stream)),
    sent: async () => textOf(await everything(channel, stream)),
  };
}

describe('personal data between two sides with keys of their own', () => {
  it.each(['keep', 'renew'] as const)(
    'is encrypted anew, belongs to the same person there, and is erased there (identity: %s)',
    async (identity) => {
      const { visits, bridges, sent, stored, read, erase } = await start(identity);
      await visits.came(ada, 1);
      await visits.wrote('I am Ada Canary', ada.email);
      expect(await bridges.caughtUp()).toEqual([{ waiting: 0, deadLetters: 0 }]);
      expect((await sent()) + (await stored())).not.toMatch(/Canary|ada@/);
      expect(await read()).toContain('Ada Canary');
      expect(await erase(ada.email)).toMatchObject({ events: 2, keys: 1 });
      expect(await read()).not.toMatch(/Canary|ada@/);
    },
  );

  it('is copied nowhere by a bridge that reads without the keys: nobody could ever open it', async () => {
    const kept = await start('keep', false);
    await kept.visits.came(ada, 1);
    expect(await kept.bridges.caughtUp()).toEqual([{ waiting: 0, deadLetters: 1 }]);
    expect(await kept.stored()).toBe('');
    const renewed = await start('renew', false);
    await renewed.visits.came(ada, 1);
    await expect(renewed.bridges.caughtUp()).rejects.toMatchObject({ code: 'EB_STOPPING' });
    expect(renewed.bridges.states()).toMatchObject([{ status: 'failed', error: { code: 'EB_OPTIONS' } }]);
    expect(await renewed.stored()).toBe('');
  });
});
