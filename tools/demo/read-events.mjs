/**
 * Reads the metadata of every event of the demo's stream, in its order.
 *
 * @param {import('nest-event-backbone').Channel} channel
 * @param {string} environment
 * @returns {Promise<readonly { type: string, key: string }[]>}
 */
export async function readEvents(channel, environment) {
  const events = [];
  const stream = { environment, contract: 'shipment-tracking' };
  for await (const batch of channel.read({ stream, fields: [] })) {
    for (const { message } of batch) {
      if (!message) throw new Error('the stream holds an entry that cannot be read');
      events.push({ type: message.type, key: message.key });
    }
  }
  return events;
}
