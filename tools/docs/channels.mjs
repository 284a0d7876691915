import { writeFileSync } from 'node:fs';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelsPage } from './channels-page.mjs';

// Making a channel connects nowhere.
const redis = redisChannel({ url: 'redis://localhost' });
const partitioned = redisChannel({ url: 'redis://localhost', partitions: 16 });
const memory = memoryChannel();
writeFileSync(
  new URL('../../docs/channels.md', import.meta.url),
  channelsPage({
    Redis: { ...redis.supports },
    'Redis, partitioned': { ...partitioned.supports },
    memory: { ...memory.supports },
  }),
);
