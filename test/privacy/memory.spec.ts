import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe } from 'vitest';
import { erasurePromises } from './erasure-promises.js';

describe('erasure in memory:', () => {
  const channel = memoryChannel();
  const store = memoryPayloadStore();
  erasurePromises({ channel: () => channel, store: () => store });
});
