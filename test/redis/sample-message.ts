import { randomUUID } from 'node:crypto';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type Message } from 'nest-event-backbone/core';

/** A message with an id of its own and one small field, unless told otherwise. */
export function sampleMessage(like: Partial<Message> = {}): Message {
  const id = like.id ?? randomUUID();
  return {
    id,
    source: 'test',
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

/** A message that goes ahead of the append script: more than 4 KiB, and some of it personal. */
export function largeMessage(like: Partial<Message> = {}): Message {
  const text = JSON.stringify('x'.repeat(6_000));
  return sampleMessage({ fields: { plain: text, name: text }, personal: ['name'], ...like });
}
