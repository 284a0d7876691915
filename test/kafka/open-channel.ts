import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import type { Channel, Stream } from 'nest-event-backbone/core';
import { kafkaChannel, kafkajsDriver, type KafkaChannelOptions, type KafkaDriver } from 'nest-event-backbone/kafka';
import { redisPayloadStore } from 'nest-event-backbone/redis';

export const brokers = inject('kafkaBrokers').split(',');
export const redisUrl = inject('redisUrl');
export const hasServers = brokers[0] !== '' && redisUrl !== '';

const QUICK = { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000 } as const;

/** A channel that is closed when the test is over; the arguments are in Redis unless told otherwise. */
export function openChannel(options: Partial<KafkaChannelOptions> = {}): Channel {
  const payloads = options.payloads ?? redisPayloadStore({ url: redisUrl });
  const channel = kafkaChannel({ brokers, ...QUICK, ...options, payloads });
  onTestFinished(() => channel.close());
  return channel;
}

/** Another hand on the same brokers, for what no channel would do. */
export function openDriver(): KafkaDriver {
  const driver = kafkajsDriver({ brokers, ...QUICK });
  onTestFinished(() => driver.close());
  return driver;
}

/** A stream that nobody else uses, and its topic. */
export function freshStream(): Stream & { readonly topic: string } {
  const contract = `c-${randomUUID()}`;
  return { environment: 'test', contract, topic: `test.${contract}` };
}
