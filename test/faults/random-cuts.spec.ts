import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Channel, Message, Stream } from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel, type StoredEvent } from 'nest-event-backbone/testing';
import { breakUntil } from '../redis/break-until.js';
import { FaultProxy } from '../redis/fault-proxy.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { largeMessage, sampleMessage } from '../redis/sample-message.js';
import { shortOrLong } from './long-run.js';
import { startConsumer } from './sample-consumer.js';
import { seededChance } from './seeded-chance.js';
import { storedEvents } from './stored-events.js';

const CUTS = shortOrLong(70, 850);
const EVENTS = shortOrLong(300, 3_000);

describe.skipIf(redisUrl === '')('while connections break at random, in the middle of requests and replies', () => {
  it(
    'every acknowledged event is stored once, handled, and in the order of its key',
    async () => {
      const chance = seededChance();
      const [history, stream] = [new History(), freshStream()];
      const [producing, consuming] = [await FaultProxy.before(redisUrl), await FaultProxy.before(redisUrl)];
      const channel = recordedChannel(openChannel({ url: producing.url }), history);
      const receiving = recordedChannel(openChannel({ url: consuming.url, leaseMs: 2_000 }), history, {
        deliveries: false,
      });
      startConsumer(receiving, stream, ({ id: eventId, key, position, deliveries, group }) => {
        history.delivery({ eventId, key, position, deliveries, group, consumer: 'consumer' });
      });
      let appended = 0;
      const isEnough = (times: number) => times >= CUTS && appended >= EVENTS;
      const breaking = [producing, consuming].map((proxy) => breakUntil(proxy, isEnough, { chance, leastBytes: 1 }));
      await produce(
        () => breaking.every(({ isOver }) => isOver()),
        async (message) => {
          await untilStored(channel, stream, message);
          appended += 1;
        },
      );
      await drained(openChannel(), stream);
      const stored = await storedEvents(stream, redisUrl);
      const report = checkHistory(history.records, { groups: ['group'], order: 'consumer', stored });
      expect(report.failures).toEqual([]);
      expect(report.appended).toBe(appended);
    },
    shortOrLong(120_000, 600_000),
  );

  it('events would be stored twice by a client that sends again what was not answered', async () => {
    const chance = seededChance();
    const [history, stream] = [new History(), freshStream()];
    const proxy = await FaultProxy.before(redisUrl);
    const plain = new Redis(proxy.url, { retryStrategy: () => 20 });
    plain.on('error', () => undefined);
    onTestFinished(() => plain.disconnect());
    let found = checkHistory([]);
    const isFound = () => found.duplicates.length > 0;
    const { isOver, over } = breakUntil(proxy, isFound, { chance, leastBytes: 1 });
    const writing = produce(isOver, (message) => plainAppend(plain, history, stream, message));
    await vi.waitUntil(
      async () => {
        found = checkHistory(history.records, { stored: await plainlyStored(stream), order: 'none' });
        return isFound();
      },
      { timeout: 40_000, interval: 100 },
    );
    await Promise.all([over, writing]);
    expect(found.failures).toEqual([expect.stringContaining('at more than one position')]);
  }, 60_000);
});

/** What one writes who does not think of lost replies. */
async function plainAppend(plain: Redis, history: History, stream: Stream, { id, key }: Message): Promise<void> {
  history.append(id, key, 'invoked');
  try {
    const stored = plain
      .multi()
      .hset(keyOf(stream, `event:${id}`), 'a', '1')
      .xadd(keyOf(stream), '*', 'id', id);
    const [, [, position] = []] = (await stored.exec()) ?? [];
    history.append(id, key, 'ok', { partition: 0, id: String(position) });
  } catch {
    history.append(id, key, 'unknown');
  }
}

async function plainlyStored(stream: Stream): Promise<readonly StoredEvent[]> {
  const entries = await openClient().xrange(keyOf(stream), '-', '+');
  return entries.map(([id, fields]) => ({ eventId: fields[1] ?? '', position: { partition: 0, id } }));
}

/** Eight writers that do one thing after the other. */
async function produce(isOver: () => boolean, append: (message: Message) => Promise<unknown>): Promise<void> {
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    const like = { key: `writer-${writer}` };
    for (let i = 0; !isOver(); i += 1) {
      await append(i % 10 === 9 ? largeMessage(like) : sampleMessage(like));
    }
  });
  await Promise.all(writers);
}

/** As an application should: again with the same id, until it is known to be stored. */
async function untilStored(channel: Channel, stream: Stream, message: Message): Promise<void> {
  await vi.waitFor(() => channel.publish(stream, [message]), { timeout: 60_000, interval: 20 });
}

async function drained(channel: Channel, stream: Stream): Promise<void> {
  await vi.waitFor(async () => {
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ lag: 0, pending: 0 });
  }, 20_000);
}
