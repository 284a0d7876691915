import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe } from 'vitest';
import { erasurePromises } from './erasure-promises.js';
import { eventErasurePromises } from './event-erasure-promises.js';

describe('erasure in memory:', () => {
  const channel = memoryChannel();
  const store = memoryPayloadStore();
  const servers = { channel: () => channel, store: () => store };
  erasurePromises(servers);
  eventErasurePromises(servers);
});
