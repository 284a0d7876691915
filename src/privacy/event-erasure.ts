import { BackboneError, type Message, type Stream } from '../core/index.js';
import type { ErasingParts } from './erasing.js';
import type { BegunErasure } from './erasure-journal.js';
import { parseSealed } from './sealed-field.js';

/**
 * Says what is to be erased of a stored message: its personal fields, what was encrypted under the event's own key, and what
 * an erasure that was cut off had found there.
 *
 * @throws BackboneError `EB_UNSUPPORTED`
 */
export async function eventErasure(
  { channel, journal, ring, pseudonyms }: ErasingParts,
  stream: Stream,
  stored: Message,
): Promise<BegunErasure> {
  const { id, key, type } = stored;
  const pseudonym = pseudonyms.ofEvent(stream, id);
  const ofEvent = Object.keys(stored.fields).filter((field) => pseudonymIn(stored, field) === pseudonym);
  if (!channel.supports.erase && stored.personal.some((field) => field in stored.fields && !ofEvent.includes(field))) {
    const message = `the personal fields of ${type} cannot be taken out of this channel one event at a time; erase the person`;
    throw new BackboneError('EB_UNSUPPORTED', message, { details: { missing: ['erase'] } });
  }
  const before = await journal.begun(pseudonym);
  const keyId = (await ring?.currentKeyId(pseudonym)) ?? before?.keyId;
  const fields = [...new Set([...stored.personal, ...ofEvent, ...(before?.event?.fields ?? [])])].sort();
  return { pseudonym, keyId, time: Date.now(), event: { stream, id, key, fields } };
}

/** Whose key a field was encrypted under; what cannot be read was erased already, or never can be. */
function pseudonymIn({ fields }: Message, field: string): string | undefined {
  try {
    return parseSealed(fields[field])?.pseudonym;
  } catch {
    return undefined;
  }
}
