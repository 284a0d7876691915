import { BackboneError, type Channel, type Message, type Published, type Stream } from 'nest-event-backbone/core';
import { altered, alteredDeliveries, alteredMessages, alteredReading } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that append wrongly. */
export const brokenAppends: readonly BrokenChannel[] = [
  broken(
    'gives every message the position of the first',
    [
      'an append gives one position for each message, each behind the one before',
      'a delivery carries the position and the time that every other reader sees',
    ],
    (intact) =>
      altered(intact, {
        publish: async (...args) => {
          const published = await intact.publish(...args);
          return published.map((each) => published[0] ?? each);
        },
      }),
  ),
  broken(
    'appends a batch from its end',
    [
      'an append gives one position for each message, each behind the one before',
      'an append of two thousand messages arrives whole and in order, in batches no larger than asked',
      'a consumer gets the events of a producer in the order of their appends',
    ],
    (intact) =>
      altered(intact, {
        publish: async (stream, messages, options) =>
          (await intact.publish(stream, messages.toReversed(), options)).toReversed(),
      }),
  ),
  broken(
    'stores the first thousand of a large append',
    ['an append of two thousand messages arrives whole and in order, in batches no larger than asked'],
    (intact) => altered(intact, { publish: (stream, messages) => intact.publish(stream, messages.slice(0, 1_000)) }),
  ),
  {
    flaw: 'ignores ids and stores an event twice',
    breaks: [
      'appending an id again stores nothing and gives the first position',
      'appending an id from several producers at once stores one event',
      'an append that holds a stored id stores only the others, in order',
    ],
    begin: () => {
      let count = 0;
      const renamed = (message: Message): Message => ({ ...message, id: `${message.id}~${(count += 1)}` });
      const original = <T extends { message?: Message }>(event: T): T => ({
        ...event,
        message: event.message && { ...event.message, id: event.message.id.replace(/~\d+$/, '') },
      });
      return (intact) =>
        alteredReading(
          alteredDeliveries(alteredMessages(intact, renamed), (delivery) => [original(delivery)]),
          (event) => [original(event)],
        );
    },
  },
  broken(
    'looks an id up before it stores it, in two steps',
    ['appending an id from several producers at once stores one event'],
    (intact) =>
      altered(intact, {
        publish: async (stream, messages, options) => {
          const ids = messages.map(({ id }) => id);
          const known = await readIds(intact, stream, ids);
          const published = await intact.publish(stream, messages, options);
          return published.map((each, i) => ({ ...each, duplicate: known.includes(ids[i] ?? '') }));
        },
      }),
  ),
  broken(
    'gives a repeated append a new position',
    [
      'appending an id again stores nothing and gives the first position',
      'an append that holds a stored id stores only the others, in order',
    ],
    (intact) =>
      altered(intact, {
        publish: async (...args) =>
          (await intact.publish(...args)).map(({ position, duplicate }) => ({
            duplicate,
            position: duplicate ? { ...position, id: `${position.id}1` } : position,
          })),
      }),
  ),
  broken(
    'stores nothing of an append that holds a stored id',
    ['an append that holds a stored id stores only the others, in order'],
    (intact) =>
      altered(intact, {
        publish: async (stream, messages, options) => {
          const [known] = await readIds(
            intact,
            stream,
            messages.map(({ id }) => id),
          );
          const stored = known === undefined ? messages : messages.filter(({ id }) => id === known);
          return intact.publish(stream, stored, options);
        },
      }),
  ),
  broken(
    'ignores the expected version',
    [
      'an append is refused when its key is not in the expected version, and stores nothing',
      'of several producers that expect the same version one wins',
    ],
    (intact) => altered(intact, { publish: (stream, messages) => intact.publish(stream, messages) }),
  ),
  broken(
    'stores the first message of an append that it refuses',
    [
      'an append is refused when its key is not in the expected version, and stores nothing',
      'of several producers that expect the same version one wins',
    ],
    (intact) =>
      altered(intact, {
        publish: (stream, messages, options) =>
          intact.publish(stream, messages, options).catch(async (error: unknown) => {
            await intact.publish(stream, messages.slice(0, 1));
            throw error;
          }),
      }),
  ),
  broken(
    'looks the version up before it appends, in two steps',
    [
      'of several producers that expect the same version one wins',
      'an append that is repeated with its expected version finds its event stored',
    ],
    (intact) =>
      altered(intact, {
        publish: async (stream, messages, options) => {
          if (options?.expected === 'none' && (await count(intact, stream, messages[0]?.key)) > 0) throw conflict();
          return intact.publish(stream, messages);
        },
      }),
  ),
  broken(
    'appends with a transaction as without one',
    ['what a channel does not support is refused, not ignored'],
    (intact) =>
      altered(intact, {
        publish: (stream, messages, options) =>
          intact.publish(stream, messages, { ...options, transaction: undefined }),
      }),
  ),
  broken(
    'appends after it was closed',
    [
      'an append to a closed channel is refused, and closing twice does no harm',
      'closing a channel gives back what its consumers held, and ends their reads',
    ],
    (intact) => altered(intact, { close: () => Promise.resolve() }),
  ),
  {
    flaw: 'keeps the last content of an id',
    breaks: ['appending an id again with another content keeps the first content'],
    begin: () => {
      const last = new Map<string, Message>();
      const changed = <T extends { message?: Message }>(event: T): T => ({
        ...event,
        message: last.get(event.message?.id ?? '') ?? event.message,
      });
      return (intact) =>
        alteredReading(
          alteredMessages(intact, (message) => {
            last.set(message.id, message);
            return message;
          }),
          (event) => [changed(event)],
        );
    },
  },
  broken(
    'appends what was given up before it was sent',
    ['an append that is given up before it is sent is refused, and stores nothing'],
    (intact) => altered(intact, { publish: (stream, messages) => intact.publish(stream, messages) }),
  ),
  broken(
    'refuses what was given up, and stores it all the same',
    ['an append that is given up before it is sent is refused, and stores nothing'],
    (intact) =>
      altered(intact, {
        publish: async (stream, messages, options) => {
          await intact.publish(stream, messages);
          return intact.publish(stream, messages, options);
        },
      }),
  ),
  broken('appends the messages of a call one after another', ['no reader ever sees a part of an append'], (intact) =>
    altered(intact, {
      publish: async (stream, messages, options) => {
        const published: Published[] = [];
        for (const message of messages) published.push(...(await intact.publish(stream, [message], options)));
        return published;
      },
    }),
  ),
];

async function readIds(channel: Channel, stream: Stream, ids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const batch of channel.read({ stream, ids }))
    found.push(...batch.flatMap(({ message }) => message?.id ?? []));
  return found;
}

async function count(channel: Channel, stream: Stream, key: string | undefined): Promise<number> {
  let events = 0;
  for await (const batch of channel.read({ stream, key })) events += batch.length;
  return events;
}

function conflict(): BackboneError {
  return new BackboneError('EB_CONFLICT', 'the key has events already');
}
