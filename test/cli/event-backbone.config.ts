import { defineConfig } from 'nest-event-backbone/cli';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { Shop } from './shop.js';

const { SERVER = '', KEYS = '', ENVIRONMENT = 'default' } = process.env;

export default defineConfig({
  info: { title: 'Shop', version: '1.0.0' },
  channel: () => {
    if (SERVER.startsWith('redis')) return redisChannel({ url: SERVER });
    if (SERVER.startsWith('postgres')) return postgresChannel({ url: SERVER });
    return kafkaChannel({ brokers: SERVER.split(','), payloads: 'record', partitions: 1 });
  },
  contracts: [Shop],
  environment: ENVIRONMENT,
  group: 'packing',
  privacy: () => ({
    secret: 'a secret of the tests, long enough',
    keys: {
      store: redisPayloadStore({ url: KEYS, prefix: `keys-${ENVIRONMENT}` }),
      wrapping: { current: 'one', keys: { one: Buffer.alloc(32, 7).toString('base64') } },
    },
  }),
});
