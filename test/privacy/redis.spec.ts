import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { erasurePromises } from './erasure-promises.js';
import { eventErasurePromises } from './event-erasure-promises.js';

const url = inject('redisUrl');

describe.skipIf(url === '')('erasure on Redis:', () => {
  let channel: Channel;
  let store: PayloadStore;
  beforeAll(() => {
    channel = redisChannel({ url });
    store = redisPayloadStore({ url, prefix: 'privacy' });
  });
  afterAll(async () => {
    await channel.close();
    await store.close();
  });
  const servers = { channel: () => channel, store: () => store };
  erasurePromises(servers);
  eventErasurePromises(servers);
});
