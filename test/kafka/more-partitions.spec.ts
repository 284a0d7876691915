import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { partitionOf } from 'nest-event-backbone/core';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

const KEYS = Array.from({ length: 20 }, (_, i) => `key ${i}`);
/** Clients look for new partitions every 30 seconds. */
const SOON_MS = 75_000;

describe.skipIf(!hasServers)('a topic that is given more partitions', { timeout: 150_000 }, () => {
  it('loses nothing to a group that is running: whoever reads finds the new ones, and reads them whole', async () => {
    const before = openChannel({ payloads: 'record', partitions: 2 });
    const stream = freshStream();
    const eachKey = () => KEYS.map((key) => sampleMessage({ key }));
    const first = eachKey();
    await before.publish(stream, first);
    const collector = new Collector(openChannel({ payloads: 'record' }), stream, { from: 'end', group: 'late' });
    const running = new Collector(openChannel({ payloads: 'record' }), stream);
    await running.until(KEYS.length);
    await vi.waitFor(async () => expect((await before.admin.state(stream, 'late'))?.lag).toBe(0), 15_000);
    await grow(stream.topic, 4);

    // A producer that has not heard of it yet, and one that has.
    const [old, fresh, again] = [eachKey(), eachKey(), eachKey()];
    await before.publish(stream, old);
    const after = openChannel({ payloads: 'record' });
    const places = await after.publish(stream, fresh);
    await after.publish(stream, again);
    expect(places.map(({ position }) => position.partition)).toEqual(KEYS.map((key) => partitionOf(key, 4)));
    expect(new Set(places.map(({ position }) => position.partition)).size).toBe(4);
    await running.until(4 * KEYS.length, SOON_MS);
    await collector.until(3 * KEYS.length, SOON_MS);
    expect(running.ids.toSorted()).toEqual(
      [first, old, fresh, again].flatMap((all) => all.map(({ id }) => id)).toSorted(),
    );
    // Also the group that began at the end misses nothing of partitions that it did not know.
    expect(collector.ids.toSorted()).toEqual([old, fresh, again].flatMap((all) => all.map(({ id }) => id)).toSorted());
    // The order of a key holds again among what was appended to its new partition.
    for (const [i] of KEYS.entries()) {
      const [one, two] = [running.ids.indexOf(fresh[i]?.id ?? ''), running.ids.indexOf(again[i]?.id ?? '')];
      expect(one).toBeLessThan(two);
    }
  });
});

async function grow(topic: string, count: number): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  await admin.disconnect();
}
