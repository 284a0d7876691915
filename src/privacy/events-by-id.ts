import type { Channel, ReadEvent, Stream } from '../core/index.js';

const IDS_AT_A_TIME = 200;

/** Reads events by their ids; where the channel cannot, goes through the whole stream. Unknown ones are left out. */
export async function* eventsById(
  channel: Channel,
  stream: Stream,
  ids: readonly string[],
): AsyncGenerator<ReadEvent, void, undefined> {
  if (channel.supports.readById) {
    for (let i = 0; i < ids.length; i += IDS_AT_A_TIME) {
      for await (const events of channel.read({ stream, ids: ids.slice(i, i + IDS_AT_A_TIME) })) yield* events;
    }
    return;
  }
  const wanted = new Set(ids);
  for await (const events of channel.read({ stream })) {
    yield* events.filter(({ message }) => message && wanted.has(message.id));
  }
}
