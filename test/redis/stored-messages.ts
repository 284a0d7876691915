import type { Message, Stream } from 'nest-event-backbone/core';
import { redisChannel, type RedisChannelOptions } from 'nest-event-backbone/redis';
import { redisUrl } from './open-channel.js';

/** Everything that stands in a stream, read on a connection that nothing disturbs. */
export async function storedMessages(
  stream: Stream,
  options: RedisChannelOptions = { url: redisUrl },
): Promise<readonly Message[]> {
  const channel = redisChannel(options);
  const messages: Message[] = [];
  try {
    for await (const batch of channel.read({ stream, batchSize: 500 })) {
      for (const { message } of batch) if (message) messages.push(message);
    }
  } finally {
    await channel.close();
  }
  return messages;
}

/** The ids of everything that stands in a stream. */
export async function storedIds(stream: Stream, options?: RedisChannelOptions): Promise<readonly string[]> {
  return (await storedMessages(stream, options)).map(({ id }) => id);
}
