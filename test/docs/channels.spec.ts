import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelsPage, MEANINGS } from '../../tools/docs/channels-page.mjs';

const redis = redisChannel({ url: 'redis://localhost' }).supports;
const partitioned = redisChannel({ url: 'redis://localhost', partitions: 16 }).supports;
const memory = memoryChannel().supports;

it('docs/channels.md says what the channels say of themselves', () => {
  const page = readFileSync(new URL('../../docs/channels.md', import.meta.url), 'utf8');
  const channels = { Redis: { ...redis }, 'Redis, partitioned': { ...partitioned }, memory: { ...memory } };
  expect(page).toBe(channelsPage(channels));
});

it('every capability has its meaning on the page', () => {
  expect(Object.keys(MEANINGS).sort()).toEqual(Object.keys(redis).sort());
});
