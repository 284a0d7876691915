import { describe, expect, it } from 'vitest';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { redisUrl } from '../redis/open-channel.js';
import { resetIsTold, resetsUnderLoad } from './reset-promises.js';

const settings = { url: redisUrl, leaseMs: 600, claimEveryMs: 200 };

describe.skipIf(redisUrl === '')('a reset while consumers run', { timeout: 150_000 }, () => {
  it.for([
    ['Redis', () => redisChannel(settings)],
    ['Redis with partitions', () => redisChannel({ ...settings, partitions: 4 })],
  ] as const)('loses nothing under load, and is told to who reads no more: %s', async ([, open]) => {
    await expect(resetsUnderLoad(open)).resolves.toBeUndefined();
    await expect(resetIsTold(open)).resolves.toBeUndefined();
  });

  it('loses nothing under load in memory', async () => {
    const server = memoryChannel();
    await expect(resetsUnderLoad(() => server.open())).resolves.toBeUndefined();
  });
});
