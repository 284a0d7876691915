import { writeFileSync } from 'node:fs';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelsPage } from './channels-page.mjs';

// Making a channel connects nowhere.
const redis = redisChannel({ url: 'redis://localhost' });
const partitioned = redisChannel({ url: 'redis://localhost', partitions: 16 });
const memory = memoryChannel();
const kafka = kafkaChannel({ brokers: ['localhost:9092'], payloads: memoryPayloadStore() });
const records = kafkaChannel({ brokers: ['localhost:9092'], payloads: 'record' });
const postgres = postgresChannel({ url: 'postgres://localhost/events' });
writeFileSync(
  new URL('../../docs/channels.md', import.meta.url),
  channelsPage({
    Redis: { ...redis.supports },
    'Redis, partitioned': { ...partitioned.supports },
    Kafka: { ...kafka.supports },
    'Kafka, arguments in records': { ...records.supports },
    PostgreSQL: { ...postgres.supports },
    memory: { ...memory.supports },
  }),
);
