/** `nest-event-backbone/redis`: events on Redis streams. */
export { redisChannel } from './redis-channel.js';
export type { RedisChannelOptions } from './redis-options.js';
