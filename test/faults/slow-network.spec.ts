import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Message } from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { RoughNetwork } from '../../tools/soak/rough-network.mjs';
import { freshStream, openChannel, redisUrl } from '../redis/open-channel.js';
import { largeMessage, sampleMessage } from '../redis/sample-message.js';
import { startConsumer } from './sample-consumer.js';
import { storedEvents } from './stored-events.js';

describe.skipIf(redisUrl === '')('a slow and ragged network', () => {
  it.for<[string, { delayMs: number; pieceBytes: number; breaks: boolean }]>([
    ['that delivers every byte alone', { delayMs: 0, pieceBytes: 1, breaks: false }],
    ['with 100 ms each way', { delayMs: 100, pieceBytes: Infinity, breaks: false }],
    ['that breaks now and then as well', { delayMs: 50, pieceBytes: 100, breaks: true }],
  ])('%s changes nothing but the speed', async ([, { delayMs, pieceBytes, breaks }]) => {
    const network = await RoughNetwork.before(redisUrl);
    onTestFinished(() => network.close());
    Object.assign(network, { delayMs, pieceBytes });
    const [history, stream] = [new History(), freshStream()];
    const open = () => openChannel({ url: network.url });
    const channel = recordedChannel(open(), history);
    startConsumer(recordedChannel(open(), history, { deliveries: false }), stream, (context) => {
      const { id: eventId, key, position, deliveries, group } = context;
      history.delivery({ eventId, key, position, deliveries, group, consumer: 'consumer' });
    });
    const breaking = breaks ? setInterval(() => network.cut(0.5), 400) : undefined;
    const messages = Array.from({ length: 40 }, (_, i) => messageOf(i));
    for (let i = 0; i < messages.length; i += 8) {
      await Promise.all(messages.slice(i, i + 8).map((message) => channel.publish(stream, [message])));
    }
    clearInterval(breaking);
    await vi.waitFor(async () => {
      expect(await openChannel().admin.state(stream, 'group')).toMatchObject({ lag: 0, pending: 0 });
    }, 20_000);
    const stored = await storedEvents(stream, redisUrl);
    const report = checkHistory(history.records, { groups: ['group'], order: 'consumer', stored });
    expect(report).toMatchObject({ appended: 40, failures: [] });
  });
});

function messageOf(i: number): Message {
  const like = { key: `key-${i % 8}` };
  return i % 8 === 3 ? largeMessage(like) : sampleMessage(like);
}
