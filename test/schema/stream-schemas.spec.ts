import { memoryChannel } from 'nest-event-backbone/memory';
import { describe } from 'vitest';
import { openChannel, redisUrl } from '../redis/open-channel.js';
import { schemaPromises } from './schema-promises.js';

describe('schemas in the stream, in memory', () => {
  schemaPromises(memoryChannel);
});

describe.skipIf(redisUrl === '')('schemas in the stream, on Redis', () => {
  schemaPromises(() => openChannel());
});

describe.skipIf(redisUrl === '')('schemas in the stream, on Redis with partitions', () => {
  schemaPromises(() => openChannel({ url: redisUrl, partitions: 4 }));
});
