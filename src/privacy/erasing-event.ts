import { BackboneError, erasureMessage, type ContractDefinition, type Message, type Stream } from '../core/index.js';
import { eraseInChannel, type ErasingParts } from './erasing.js';
import { parseSealed } from './sealed-field.js';

/**
 * Erases the personal fields of a stored message, and what was encrypted under the event's own key.
 *
 * @throws BackboneError `EB_UNSUPPORTED`
 */
export async function eraseOneEvent(
  { channel, index, ring, pseudonyms, codec, source }: ErasingParts,
  contract: ContractDefinition,
  stream: Stream,
  stored: Message,
): Promise<void> {
  const { id, key, type } = stored;
  const pseudonym = pseudonyms.ofEvent(stream, id);
  const ofEvent = Object.keys(stored.fields).filter((field) => pseudonymIn(stored, field) === pseudonym);
  if (!channel.supports.erase && stored.personal.some((field) => field in stored.fields && !ofEvent.includes(field))) {
    const message = `the personal fields of ${type} cannot be taken out of this channel one event at a time; erase the person`;
    throw new BackboneError('EB_UNSUPPORTED', message, { details: { missing: ['erase'] } });
  }
  const keyId = await ring?.currentKeyId(pseudonym);
  if (keyId !== undefined) await ring?.erase({ pseudonym, keyId });
  const fields = [...new Set([...stored.personal, ...ofEvent])].sort();
  await eraseInChannel(channel, stream, [id], fields);
  await index.markErased(fields.map((field) => ({ stream, id, field })));
  const erasure = { events: [id], fields, time: Date.now() };
  await channel.publish(stream, [erasureMessage(contract, { key, erasure, codec, source })]);
}

/** Whose key a field was encrypted under; what cannot be read was erased already, or never can be. */
function pseudonymIn({ fields }: Message, field: string): string | undefined {
  try {
    return parseSealed(fields[field])?.pseudonym;
  } catch {
    return undefined;
  }
}
