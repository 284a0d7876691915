import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { KafkaDriver, PartitionOffset } from 'nest-event-backbone/kafka';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel, openDriver } from './open-channel.js';

const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
const ONE = { payloads: 'record', partitions: 1 } as const;

describe.skipIf(!hasServers)('the offsets of a group', () => {
  it('that lie below what the topic still holds stop its consumer, and nothing is skipped in silence', async () => {
    const { stream, driver } = await groupAt(2, 6);
    await driver.deleteRecords(stream.topic, [{ partition: 0, offset: 4n }]);
    const after = new Collector(openChannel(ONE), stream);
    await vi.waitUntil(() => after.error !== undefined, { timeout: 15_000 });
    expect(after.error).toMatchObject({ code: 'EB_OFFSET_LOST', details: { group: 'group', partition: 0 } });
    expect(after.deliveries).toEqual([]);
  });

  it('that lie behind the end of the topic stop its consumer', async () => {
    const { stream, driver } = await groupAt(2, 3);
    await commit(driver, stream.topic, [{ partition: 0, offset: 1_000n }]);
    const after = new Collector(openChannel(ONE), stream);
    await vi.waitUntil(() => after.error !== undefined, { timeout: 15_000 });
    expect(after.error).toMatchObject({ code: 'EB_OFFSET_LOST' });
  });

  it('that Kafka has forgotten stop its consumer, and nothing is skipped or repeated in silence', async () => {
    const { stream } = await groupAt(2, 6);
    await forgetGroup(`${stream.topic}~group~0`);
    const after = new Collector(openChannel(ONE), stream);
    await vi.waitUntil(() => after.error !== undefined, { timeout: 15_000 });
    expect(after.error).toMatchObject({ code: 'EB_OFFSET_LOST', details: { group: 'group', partition: 0 } });
    expect(after.deliveries).toEqual([]);
  });

  it('that Kafka has forgotten go on at the oldest event where the application wants that', async () => {
    const { stream, ids } = await groupAt(2, 6);
    await forgetGroup(`${stream.topic}~group~0`);
    const after = new Collector(openChannel({ ...ONE, onOffsetLost: 'earliest' }), stream);
    await after.until(6);
    expect(after.ids).toEqual(ids);
  });

  it('that Kafka has forgotten make a plain client pass by what came meanwhile, without a word', async () => {
    const { stream, ids } = await groupAt(2, 6);
    const groupId = `plain-${stream.topic}`;
    const first = await plainReader(stream.topic, groupId, true);
    await vi.waitFor(() => expect(first.seen).toEqual(ids), 15_000);
    await first.consumer.disconnect();
    const meanwhile = sampleMessage();
    const channel = openChannel(ONE);
    await channel.publish(stream, [meanwhile]);
    await forgetGroup(groupId);
    const second = await plainReader(stream.topic, groupId, false);
    await vi.waitFor(
      async () => {
        await channel.publish(stream, [sampleMessage()]);
        expect(second.seen.length).toBeGreaterThan(0);
      },
      { timeout: 15_000, interval: 200 },
    );
    expect(second.seen).not.toContain(meanwhile.id);
  });

  it('go on at the oldest event that is left where the application wants that', async () => {
    const { stream, driver, ids } = await groupAt(2, 6);
    await driver.deleteRecords(stream.topic, [{ partition: 0, offset: 4n }]);
    const after = new Collector(openChannel({ ...ONE, onOffsetLost: 'earliest' }), stream);
    await after.until(2);
    expect(after.ids).toEqual(ids.slice(4));
  });

  it('go on at the end where the application wants that', async () => {
    const { stream, driver } = await groupAt(2, 6);
    await driver.deleteRecords(stream.topic, [{ partition: 0, offset: 4n }]);
    const channel = openChannel({ ...ONE, onOffsetLost: 'latest' });
    const after = new Collector(channel, stream);
    await vi.waitUntil(async () => (await channel.admin.state(stream, 'group'))?.lag === 0, { timeout: 15_000 });
    const message = sampleMessage();
    await channel.publish(stream, [message]);
    await after.until(1);
    expect(after.ids).toEqual([message.id]);
  });

  it('are those of the place that a reset named, also for consumers in other processes', async () => {
    const [channel, other] = [openChannel(ONE), openChannel(ONE)];
    const stream = freshStream();
    const messages = [sampleMessage(), sampleMessage(), sampleMessage()];
    await channel.publish(stream, messages);
    const collector = new Collector(channel, stream);
    await collector.until(3);
    await other.admin.reset(stream, 'group', 'beginning');
    await collector.until(6);
    expect(collector.ids.slice(3)).toEqual(messages.map(({ id }) => id));
    await expect(other.admin.reset(stream, 'group', [{ partition: 0, id: '99' }])).rejects.toMatchObject({
      code: 'EB_ARGUMENT',
    });
  });

  it('begin at the end of each partition for a group that is to begin there, and are kept from then on', async () => {
    const channel = openChannel({ payloads: 'record' });
    const stream = freshStream();
    await channel.publish(
      stream,
      Array.from({ length: 20 }, () => sampleMessage()),
    );
    const first = new Collector(channel, stream, { from: 'end' });
    await vi.waitUntil(async () => (await channel.admin.state(stream, 'group'))?.lag === 0, { timeout: 15_000 });
    await first.subscription.close();
    const messages = Array.from({ length: 20 }, () => sampleMessage());
    await channel.publish(stream, messages);
    const second = new Collector(channel, stream, { from: 'end' });
    await second.until(20);
    expect(new Set([...first.ids, ...second.ids])).toEqual(new Set(messages.map(({ id }) => id)));
  });
});

/** A stream of so many events in one partition, and a group that has settled the first ones and gone. */
async function groupAt(settled: number, count: number) {
  const channel = openChannel(ONE);
  const stream = freshStream();
  const messages = Array.from({ length: count }, () => sampleMessage());
  await channel.publish(stream, messages.slice(0, settled));
  const before = new Collector(channel, stream);
  await before.until(settled);
  await before.subscription.close();
  await channel.publish(stream, messages.slice(settled));
  return { stream, driver: openDriver(), ids: messages.map(({ id }) => id) };
}

/** Makes Kafka forget a group whose members have gone, as it does by itself after `offsets.retention.minutes`. */
async function forgetGroup(groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await vi.waitFor(() => admin.deleteGroups([groupId]), 15_000);
  await admin.disconnect();
}

/** A consumer as one writes it with kafkajs, that takes down the ids of what it sees. */
async function plainReader(topic: string, groupId: string, fromBeginning: boolean) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  onTestFinished(() => consumer.disconnect());
  const seen: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning });
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.headers?.['ce_id'])) });
  return { consumer, seen };
}

/** Commits offsets for the group as a stranger would. */
async function commit(driver: KafkaDriver, topic: string, offsets: readonly PartitionOffset[]): Promise<void> {
  let joined: () => void = () => undefined;
  const isMember = new Promise<void>((resolve) => (joined = resolve));
  const member = driver.join(topic, `${topic}~group~0`, {
    busy: false,
    handling: [],
    assigned: () => {
      joined();
      return Promise.resolve([]);
    },
    records: () => Promise.resolve(),
    revoking: () => Promise.resolve(),
    revoked: () => undefined,
    failed: () => undefined,
  });
  await isMember;
  await vi.waitFor(() => member.commit(offsets), { timeout: 10_000 });
  await member.close(5_000);
}
