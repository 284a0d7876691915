/**
 * The ids of all events that a group has set aside.
 *
 * @param {import('nest-event-backbone/core').Channel} channel
 * @param {import('nest-event-backbone/core').Stream} stream
 * @param {string} group
 */
export async function deadEventIds(channel, stream, group) {
  const ids = [];
  /** @type {string | undefined} */
  let after;
  for (;;) {
    const letters = await channel.admin.deadLetters.list(stream, group, { after, limit: 500 });
    for (const { eventId } of letters) ids.push(eventId ?? 'malformed');
    if (letters.length < 500) return ids;
    after = letters.at(-1)?.id;
  }
}
