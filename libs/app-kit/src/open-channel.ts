import type { Channel } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import type { Variables } from './variables.js';

/** Makes the channel that the environment names. */
export function openChannel({ channel, redisUrl, leaseMs }: Variables): Channel {
  if (channel === 'memory') return memoryChannel();
  return redisChannel({ url: redisUrl, ...(leaseMs !== undefined && { leaseMs }) });
}
