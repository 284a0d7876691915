import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Channel } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelConformance } from 'nest-event-backbone/testing';

const url = inject('redisUrl');

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('the Redis channel with partitions keeps its promises:', () => {
  const open = () => redisChannel({ url, partitions: 4 });
  let channel: Channel;
  beforeAll(() => void (channel = open()));
  afterAll(() => channel.close());

  it.for(channelConformance.map((each) => [each.name, each] as const))(
    '%s',
    async ([, { requires, run }], { skip }) => {
      skip(!requires.every((each) => channel.supports[each]), `not supported: ${requires.join(' and ')}`);
      await expect(run({ channel, open: () => Promise.resolve(open()) })).resolves.toBeUndefined();
    },
  );
});
