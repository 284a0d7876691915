import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Channel } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelConformance } from 'nest-event-backbone/testing';

const url = inject('redisUrl');
/** What the index takes part in; the rest is what the channel does without it. */
const PROMISES = channelConformance.filter(({ name }) => /\b(append|appended|read|reads|trim|trimmed)\b/.test(name));

// Without a server the global set-up says why there is none.
describe.skipIf(url === '').for([1, 4])(
  'the Redis channel with an index by key and %i partitions keeps its promises:',
  (partitions) => {
    const open = () => redisChannel({ url, keyIndex: true, claimEveryMs: 200, ...(partitions > 1 && { partitions }) });
    let channel: Channel;
    beforeAll(() => void (channel = open()));
    afterAll(() => channel.close());

    it.for(PROMISES.map((each) => [each.name, each] as const))('%s', async ([, { requires, needs, run }], { skip }) => {
      skip(!requires.every((each) => channel.supports[each]), `not supported: ${requires.join(' and ')}`);
      skip(needs !== undefined, `needs what is not here: ${needs ?? ''}`);
      await expect(run({ channel, open: () => Promise.resolve(open()) })).resolves.toBeUndefined();
    });
  },
);
