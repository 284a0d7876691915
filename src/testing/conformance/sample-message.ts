import { randomUUID } from 'node:crypto';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type Message } from '../../core/index.js';

/** The key of sample messages, unless they name another one: one key is in order wherever a channel puts it. */
const KEY = 'sample';

/** A message with an id of its own and one small field. */
export function sampleMessage(like: Partial<Message> = {}): Message {
  const id = randomUUID();
  return {
    id,
    source: 'conformance',
    type: 'sampleTaken.v1',
    time: Date.now(),
    key: KEY,
    correlationId: id,
    contentType: DEFAULT_CONTENT_TYPE,
    headers: NO_HEADERS,
    fields: { sample: `"${id}"` },
    personal: [],
    ...like,
  };
}

/** Some messages of one kind, each with an id of its own. */
export function sampleMessages(count: number, like: Partial<Message> = {}): readonly Message[] {
  return Array.from({ length: count }, () => sampleMessage(like));
}

/** Some messages whose keys take turns. */
export function sampleMessagesOfKeys(count: number, keys: number, like: Partial<Message> = {}): readonly Message[] {
  return Array.from({ length: count }, (_, i) => sampleMessage({ key: `key {${i % keys}}`, ...like }));
}
