import type { Stream } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import type { StoredEvent } from 'nest-event-backbone/testing';
import { storedEvents as storedIn } from '../../tools/soak/stored-events.mjs';

/** Everything that stands in a stream, for the checker, read on a connection that nothing disturbs. */
export async function storedEvents(stream: Stream, url: string): Promise<readonly StoredEvent[]> {
  const channel = redisChannel({ url });
  try {
    return await storedIn(channel, stream);
  } finally {
    await channel.close();
  }
}
