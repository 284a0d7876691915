import { randomBytes } from 'node:crypto';
import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { postgresChannel, postgresPayloadStore } from 'nest-event-backbone/postgres';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { erasurePromises } from '../privacy/erasure-promises.js';

const url = inject('postgresUrl');

describe.skipIf(url === '')('erasure on PostgreSQL:', () => {
  let channel: Channel;
  let store: PayloadStore;
  beforeAll(() => {
    const table = `t_${randomBytes(6).toString('hex')}`;
    channel = postgresChannel({ url, table });
    store = postgresPayloadStore({ url, table: `${table}_p` });
  });
  afterAll(async () => {
    await channel.close();
    await store.close();
  });
  erasurePromises({ channel: () => channel, store: () => store });
});
