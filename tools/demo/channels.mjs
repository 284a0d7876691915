/**
 * @typedef {import('../dev-stack/index.mjs').startStack} StartStack
 * @typedef {Awaited<ReturnType<StartStack>>} Stack
 * @typedef {import('nest-event-backbone').Channel} Channel
 *
 * A channel over which services of several processes can run.
 * @typedef {{
 *   services: readonly ('redis' | 'kafka' | 'postgres')[],
 *   env: (urls: Readonly<Record<string, string>>) => Record<string, string>,
 *   open: (urls: Readonly<Record<string, string>>) => Promise<Channel>,
 * }} DemoChannel `services` are the servers it needs; `env` tells a service where they are; `open` is for looking at the stream
 */

/**
 * What the demo can run on besides the memory of one process.
 *
 * @type {Readonly<Record<'redis' | 'kafka' | 'postgres', DemoChannel>>}
 */
export const CHANNELS = Object.freeze({
  redis: {
    services: ['redis'],
    env: ({ redis = '' }) => ({ REDIS_URL: redis }),
    // Imported late: the demo builds the library first.
    open: async ({ redis = '' }) => (await import('nest-event-backbone/redis')).redisChannel({ url: redis }),
  },
  kafka: {
    services: ['redis', 'kafka'],
    env: ({ redis = '', kafka = '' }) => ({ REDIS_URL: redis, KAFKA_BROKERS: kafka }),
    open: async ({ redis = '', kafka = '' }) => {
      const { kafkaChannel } = await import('nest-event-backbone/kafka');
      const { redisPayloadStore } = await import('nest-event-backbone/redis');
      return kafkaChannel({ brokers: kafka.split(','), payloads: redisPayloadStore({ url: redis }) });
    },
  },
  postgres: {
    services: ['postgres'],
    env: ({ postgres = '' }) => ({ DATABASE_URL: postgres }),
    open: async ({ postgres = '' }) =>
      (await import('nest-event-backbone/postgres')).postgresChannel({ url: postgres }),
  },
});

/** @param {string} name @returns {name is keyof typeof CHANNELS} */
export function isChannel(name) {
  return Object.hasOwn(CHANNELS, name);
}
