import { defineConfig } from 'nest-event-backbone/cli';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { Orders } from './orders.js';

export default defineConfig({
  channel: () => redisChannel({ url: secret('REDIS_URL') }),
  contracts: [Orders],
  environment: process.env['ENVIRONMENT'] ?? 'default',
  group: 'packing',
  privacy: () => ({
    secret: secret('PRIVACY_SECRET'),
    keys: {
      store: redisPayloadStore({ url: secret('REDIS_URL'), prefix: 'keys' }),
      wrapping: { current: '2026', keys: { '2026': secret('WRAPPING_KEY_2026') } },
    },
  }),
  info: { title: 'Orders', version: '1.0.0' },
});

function secret(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
