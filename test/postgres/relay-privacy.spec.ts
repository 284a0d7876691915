import { randomBytes } from 'node:crypto';
import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { relayPromises } from '../privacy/relay-promises.js';

const [url, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];

describe.skipIf(url === '' || redisUrl === '')('personal data relayed from PostgreSQL to Redis:', () => {
  let from: Channel;
  let to: Channel;
  let store: PayloadStore;
  beforeAll(() => {
    const name = `t_${randomBytes(6).toString('hex')}`;
    from = postgresChannel({ url, table: name });
    to = redisChannel({ url: redisUrl });
    store = redisPayloadStore({ url: redisUrl, prefix: name });
  });
  afterAll(async () => {
    await Promise.all([from, to, store].map((each) => each.close()));
  });
  relayPromises({ from: () => from, to: () => to, store: () => store });
});
