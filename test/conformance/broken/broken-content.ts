import type { FieldValue, Message } from 'nest-event-backbone/core';
import { alteredDeliveries, alteredMessages, alteredReading } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that change what is in an event. */
export const brokenContent: readonly BrokenChannel[] = [
  broken('loses headers', ['every attribute and every header arrives as it was published'], (intact) =>
    alteredMessages(intact, (message) => ({ ...message, headers: {} })),
  ),
  broken('loses the id of the cause', ['every attribute and every header arrives as it was published'], (intact) =>
    alteredMessages(intact, (message) => ({ ...message, causationId: undefined })),
  ),
  broken('rounds the time to seconds', ['every attribute and every header arrives as it was published'], (intact) =>
    alteredMessages(intact, (message) => ({ ...message, time: message.time - (message.time % 1_000) })),
  ),
  broken(
    'takes bytes for text',
    ['every byte of a binary field arrives as it was published', 'a field of 100 KiB arrives whole'],
    (intact) =>
      alteredMessages(intact, (message) =>
        withValues(message, (value) => (typeof value === 'string' ? value : Buffer.from(text(value as Uint8Array)))),
      ),
  ),
  broken('writes text in Latin-1', ['every character of a text field arrives as it was published'], (intact) =>
    alteredMessages(intact, (message) =>
      withValues(message, (value) => (typeof value === 'string' ? Buffer.from(value, 'latin1') : value)),
    ),
  ),
  broken(
    'loses empty fields',
    [
      'every byte of a binary field arrives as it was published',
      'every character of a text field arrives as it was published',
    ],
    (intact) => alteredMessages(intact, (message) => withFields(message, (_, value) => (value as string).length > 0)),
  ),
  broken('cuts fields at 64 KiB', ['a field of 100 KiB arrives whole'], (intact) =>
    alteredMessages(intact, (message) => withValues(message, (value) => (value as string).slice(0, 65_536))),
  ),
  broken(
    'loses personal fields',
    [
      'personal fields arrive like the others, and known as personal',
      'erasing removes the personal fields of an event, or the named ones, and leaves the event',
    ],
    (intact) => alteredMessages(intact, (message) => withFields(message, (name) => !message.personal.includes(name))),
  ),
  broken(
    'forgets which fields are personal',
    ['personal fields arrive like the others, and known as personal'],
    (intact) =>
      alteredDeliveries(intact, (delivery) => [
        { ...delivery, message: delivery.message && { ...delivery.message, personal: [] } },
      ]),
  ),
  broken('takes an event without fields for a lost one', ['an event without fields arrives'], (intact) =>
    alteredDeliveries(intact, (delivery) =>
      Object.keys(delivery.message?.fields ?? {}).length > 0 ? [delivery] : [{ ...delivery, message: undefined }],
    ),
  ),
  broken('writes attributes over fields of the same name', ['fields may be named like attributes'], (intact) =>
    alteredMessages(intact, (message) =>
      withFields(message, (name) => !(name in message) || name === 'fields' || name === 'headers'),
    ),
  ),
  broken('stores references as text', ['a reference to a payload store is stored and read back'], (intact) =>
    alteredMessages(intact, (message) =>
      withValues(message, (value) =>
        typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
      ),
    ),
  ),
  broken('forgets the size of a reference', ['a reference to a payload store is stored and read back'], (intact) =>
    alteredReading(intact, ({ message, ...event }) => [
      {
        ...event,
        message:
          message &&
          withValues(message, (value) =>
            typeof value === 'string' || value instanceof Uint8Array ? value : { ...value, size: 0 },
          ),
      },
    ]),
  ),
  {
    flaw: "keeps the caller's own buffers",
    breaks: ['what a producer changes after its append does not show'],
    begin: () => {
      const given = new Map<string, Message['fields']>();
      return (intact) =>
        alteredDeliveries(
          alteredMessages(intact, (message) => {
            given.set(message.id, message.fields);
            return message;
          }),
          ({ message, ...delivery }) => [
            { ...delivery, message: message && { ...message, fields: given.get(message.id) ?? message.fields } },
          ],
        );
    },
  },
  broken(
    'calls the time of delivery the time of the append',
    ['a delivery carries the position and the time that every other reader sees'],
    (intact) => alteredDeliveries(intact, (delivery) => [{ ...delivery, appendedAt: delivery.appendedAt + 1 }]),
  ),
  broken(
    'numbers what it reads anew',
    ['a delivery carries the position and the time that every other reader sees'],
    (intact) =>
      alteredReading(intact, (event) => [
        { ...event, position: { ...event.position, id: String(Number(event.position.id) + 1) } },
      ]),
  ),
];

function withFields(message: Message, kept: (name: string, value: FieldValue) => boolean): Message {
  const fields = Object.fromEntries(Object.entries(message.fields).filter(([name, value]) => kept(name, value)));
  return { ...message, fields };
}

function withValues(message: Message, change: (value: FieldValue) => FieldValue): Message {
  const fields = Object.entries(message.fields).map(([name, value]) => [name, change(value)] as const);
  return { ...message, fields: Object.fromEntries(fields) };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
