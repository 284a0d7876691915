/**
 * Everything that stands in a stream, for the checker.
 *
 * @param {import('nest-event-backbone/core').Channel} channel
 * @param {import('nest-event-backbone/core').Stream} stream
 */
export async function storedEvents(channel, stream) {
  const stored = [];
  for await (const batch of channel.read({ stream, batchSize: 500 })) {
    for (const { message, position } of batch) stored.push({ eventId: message?.id ?? 'malformed', position });
  }
  return stored;
}
