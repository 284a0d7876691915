import { randomUUID } from 'node:crypto';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type Message } from '../../core/index.js';

/** A message with an id of its own and one small field. */
export function sampleMessage(like: Partial<Message> = {}): Message {
  const id = randomUUID();
  return {
    id,
    source: 'conformance',
    type: 'sampleTaken.v1',
    time: Date.now(),
    key: id,
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
