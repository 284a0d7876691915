/** `nest-event-backbone/redis`: events on Redis streams. */
export { redisChannel, type RedisChannel } from './redis-channel.js';
export type { RedisChannelOptions } from './redis-options.js';
export { redisPayloadStore, type RedisPayloadStoreOptions } from './redis-payload-store.js';
export { fsynced, replicated, type Durability, type Fsynced, type Replicated } from './durability.js';
