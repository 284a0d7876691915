import { randomUUID } from 'node:crypto';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  EventBackboneModule,
  getBackboneToken,
  getPrivacyToken,
  RelayModule,
  type EventBackboneOptions,
  type Privacy,
} from 'nest-event-backbone';
import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { relayPromises } from './relay-promises.js';
import { everything, SECRET, sharedChannel, textOf, WRAPPING } from './start-visits.js';
import { Visits } from './visits.js';

const url = inject('redisUrl');

describe.skipIf(url === '')('personal data relayed from Redis to Redis:', () => {
  let channel: Channel;
  let store: PayloadStore;
  beforeAll(() => {
    channel = redisChannel({ url });
    store = redisPayloadStore({ url, prefix: `relay-${randomUUID()}` });
  });
  afterAll(async () => {
    await channel.close();
    await store.close();
  });
  relayPromises({ from: () => channel, to: () => channel, store: () => store });
});

describe('personal data relayed to records that cannot be erased', () => {
  async function start(receiving: Partial<EventBackboneOptions> = {}) {
    const log = memoryChannel();
    const channel = sharedChannel(log, { supports: { ...log.supports, erase: false } });
    const builder = Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: memoryChannel() }),
        EventBackboneModule.forRoot({ name: 'records', channel, ...receiving }),
        EventBackboneModule.forFeature([Visits]),
        RelayModule.forRoot({ to: 'records', contracts: [Visits] }),
      ],
    });
    const app = await builder.compile();
    onTestFinished(() => app.close());
    await app.init();
    return { app, log };
  }

  it('is let go where it is encrypted, and closed once its person was erased', async () => {
    const keys = { store: memoryPayloadStore(), wrapping: WRAPPING };
    const { app, log } = await start({ privacy: { secret: SECRET, keys } });
    await app.get(Backbone).producer(Visits).came({ email: 'ada@example.org', name: 'Ada Canary' }, 1);
    const stream = { environment: 'default', contract: 'visits' };
    await vi.waitFor(async () => expect(await everything(log, stream)).toHaveLength(1));
    expect(textOf(await everything(log, stream))).not.toContain('Canary');
    const { channel } = app.get<Backbone>(getBackboneToken('records'), { strict: false });
    expect(textOf(await everything(channel, stream))).toContain('Canary');
    await app.get<Privacy>(getPrivacyToken('records'), { strict: false }).erase('ada@example.org');
    expect(textOf(await everything(channel, stream))).not.toContain('Canary');
  });

  it('is refused where it is not', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'EB_UNSUPPORTED', details: { missing: ['erase'] } });
    const keys = { store: memoryPayloadStore(), wrapping: WRAPPING };
    const reading = { privacy: { secret: SECRET, keys, encrypt: false } };
    await expect(start(reading)).rejects.toMatchObject({ code: 'EB_UNSUPPORTED', details: { missing: ['erase'] } });
  });
});
