import type { PayloadStore } from 'nest-event-backbone/core';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { postgresPayloadStore } from 'nest-event-backbone/postgres';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import type { Variables } from './variables.js';

/** Makes the store of people's keys, on the server that keeps their data. Each environment has one, for it may have a secret. */
export function openKeyStore({ channel, redisUrl, databaseUrl, environment }: Variables): PayloadStore {
  switch (channel) {
    case 'memory':
      return memoryPayloadStore();
    case 'postgres':
      return postgresPayloadStore({
        url: databaseUrl,
        table: `eb_keys_${environment.replaceAll(/\W/g, '_')}`.slice(0, 48),
      });
    case 'redis':
    case 'kafka':
      return redisPayloadStore({ url: redisUrl, prefix: `eb-keys-${environment}`.slice(0, 128) });
  }
}
