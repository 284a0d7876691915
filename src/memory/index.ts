/** `nest-event-backbone/memory`: a channel inside the process, for tests and for a first look. */
export { memoryChannel, type MemoryChannel, type MemoryChannelOptions } from './memory-channel.js';
export { memoryPayloadStore, type MemoryPayloadStoreOptions } from './memory-payload-store.js';
