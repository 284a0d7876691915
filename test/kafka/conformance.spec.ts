import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Channel } from 'nest-event-backbone/core';
import { kafkaChannel, type KafkaChannelOptions } from 'nest-event-backbone/kafka';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import { channelConformance } from 'nest-event-backbone/testing';

const brokers = inject('kafkaBrokers').split(',');
const url = inject('redisUrl');
const DEADLINE_MS = 25_000;

const MODES: readonly (readonly [string, () => KafkaChannelOptions['payloads']])[] = [
  ['arguments in Redis', () => redisPayloadStore({ url })],
  ['arguments in the record', () => 'record'],
];

// Without a server the global set-up says why there is none.
describe.skipIf(brokers[0] === '').for(MODES)('the Kafka channel, %s, keeps its promises:', ([, payloads]) => {
  // The group waits no longer for a consumer that holds something on purpose.
  const open = () =>
    kafkaChannel({ brokers, payloads: payloads(), sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 3_000 });
  let channel: Channel;
  beforeAll(() => void (channel = open()));
  afterAll(() => channel.close());

  // Side by side: what takes time is waiting for the group, and each promise has a stream of its own.
  it.concurrent.for(channelConformance.map((each) => [each.name, each] as const))(
    '%s',
    { timeout: 2 * DEADLINE_MS },
    async ([, { requires, needs, run }], { skip }) => {
      skip(!requires.every((each) => channel.supports[each]), `not supported: ${requires.join(' and ')}`);
      skip(needs !== undefined, `needs what is not here: ${needs ?? ''}`);
      const context = { channel, open: () => Promise.resolve(open()), deadlineMs: DEADLINE_MS };
      await expect(run(context)).resolves.toBeUndefined();
    },
  );
});
