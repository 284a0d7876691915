import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelsPage, MEANINGS } from '../../tools/docs/channels-page.mjs';

const redis = redisChannel({ url: 'redis://localhost' }).supports;
const memory = memoryChannel().supports;

it('docs/channels.md says what the channels say of themselves', () => {
  const page = readFileSync(new URL('../../docs/channels.md', import.meta.url), 'utf8');
  expect(page).toBe(channelsPage({ Redis: { ...redis }, memory: { ...memory } }));
});

it('every capability has its meaning on the page', () => {
  expect(Object.keys(MEANINGS).sort()).toEqual(Object.keys(redis).sort());
});
