import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Channel, Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { freshStream } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';

/**
 * Everything that a channel does for an application, once: small, personal and large events appended, one consumed
 * with a dead letter, read, erased. Returns the stream.
 */
export async function roundTrip(channel: Channel, stream: Stream = freshStream()): Promise<Stream> {
  const messages = [
    sampleMessage(),
    sampleMessage({ fields: { name: '"Ada"', age: '36' }, personal: ['name'] }),
    largeMessage(),
  ];
  await channel.publish(stream, messages.slice(0, 1));
  await channel.publish(stream, messages.slice(1));
  const collector = new Collector(channel, stream, { holds: true, group: `group-${randomUUID()}` });
  const [first, ...others] = await collector.until(3);
  expect(collector.deliveries.map(({ message }) => message)).toMatchObject(
    messages.map(({ id, fields, personal }) => ({ id, fields, personal })),
  );
  const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
  expect(first).toBeDefined();
  const settlements = others.map((delivery) => ({ delivery }));
  expect(
    await collector.subscription.settle(first ? [{ delivery: first, deadLetter }, ...settlements] : settlements),
  ).toEqual([]);
  await collector.subscription.close();
  return stream;
}
