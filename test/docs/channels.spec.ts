import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelsPage, MEANINGS } from '../../tools/docs/channels-page.mjs';

// Making a channel connects nowhere.
const brokers = ['localhost:9092'];
const channels = {
  Redis: redisChannel({ url: 'redis://localhost' }),
  'Redis, partitioned': redisChannel({ url: 'redis://localhost', partitions: 16 }),
  Kafka: kafkaChannel({ brokers, payloads: memoryPayloadStore() }),
  'Kafka, arguments in records': kafkaChannel({ brokers, payloads: 'record' }),
  PostgreSQL: postgresChannel({ url: 'postgres://localhost/events' }),
  memory: memoryChannel(),
};
const supports = Object.fromEntries(Object.entries(channels).map(([name, channel]) => [name, { ...channel.supports }]));

it('docs/channels.md says what the channels say of themselves', () => {
  const page = readFileSync(new URL('../../docs/channels.md', import.meta.url), 'utf8');
  expect(page).toBe(channelsPage(supports));
});

it('every capability has its meaning on the page', () => {
  expect(Object.keys(MEANINGS).sort()).toEqual(Object.keys(supports['Redis'] ?? {}).sort());
});
