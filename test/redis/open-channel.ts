import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { Redis, type RedisOptions } from 'ioredis';
import type { Channel, Stream } from 'nest-event-backbone/core';
import { redisChannel, type RedisChannelOptions } from 'nest-event-backbone/redis';

/** The server that all tests share; nobody may break it. */
export const redisUrl = inject('redisUrl');

/** A channel on the shared server unless the options name another one; closed after the test. */
export function openChannel(options: RedisChannelOptions = { url: redisUrl }): Channel {
  const channel = redisChannel(options);
  onTestFinished(() => channel.close());
  return channel;
}

/** A plain client, to look and to meddle; closed after the test. */
export function openClient(url = redisUrl, options: RedisOptions = {}): Redis {
  const client = new Redis(url, { ...options, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

/** A stream that nobody else uses. */
export function freshStream(): Stream {
  return { environment: 'test', contract: `redis-${randomUUID()}` };
}

/** The key of something of a stream, as docs/wire-format.md has it. */
export function keyOf({ environment, contract }: Stream, rest = 'stream', prefix = 'eb'): string {
  return `${prefix}:{${environment}:${contract}:0}:${rest}`;
}
