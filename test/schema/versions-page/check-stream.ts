import type { Channel, Stream } from 'nest-event-backbone';
import { checkSchema, readSchemas } from 'nest-event-backbone/schema';
import { Orders } from './orders.js';

/** Tells what would break if this build met what is in the stream. */
export async function checkStream(channel: Channel, stream: Stream): Promise<readonly string[]> {
  const { document } = await readSchemas(channel, stream);
  const changes = await checkSchema({ contracts: [Orders], against: document });
  return changes.filter(({ verdict }) => verdict === 'breaking').map(({ path, message }) => `${path}: ${message}`);
}
