import type { Channel } from 'nest-event-backbone/core';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { memoryChannel } from 'nest-event-backbone/memory';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import type { Variables } from './variables.js';

/** Makes the channel that the environment names. */
export function openChannel({ channel, redisUrl, kafkaBrokers, databaseUrl, leaseMs }: Variables): Channel {
  const lease = leaseMs !== undefined && { leaseMs };
  switch (channel) {
    case 'memory':
      return memoryChannel();
    case 'redis':
      return redisChannel({ url: redisUrl, ...lease });
    case 'postgres':
      return postgresChannel({ url: databaseUrl, ...lease });
    case 'kafka': {
      // Kafka keeps order and metadata, Redis the arguments, so that personal ones can be erased.
      const payloads = redisPayloadStore({ url: redisUrl });
      return kafkaChannel({
        brokers: kafkaBrokers,
        payloads,
        ...(leaseMs !== undefined && { sessionTimeoutMs: leaseMs }),
      });
    }
  }
}
