import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Delivery } from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

describe.skipIf(!hasServers)('the members of a group', () => {
  it('may work three times longer than their session on an event, and get it once', async () => {
    const channel = openChannel({ payloads: 'record', sessionTimeoutMs: 1_000 });
    const stream = freshStream();
    const message = sampleMessage();
    await channel.publish(stream, [message]);
    const slow = new Collector(channel, stream, { holds: true });
    const held = await slow.until(1);
    // The time is what is tested: a member without signs of life would be out after a third of it.
    await sleep(3_000);
    expect(await slow.settle(held)).toEqual([]);
    expect(slow.lost).toEqual([]);
    await slow.subscription.close();
    const last = sampleMessage();
    await channel.publish(stream, [last]);
    const next = new Collector(channel, stream);
    await next.until(1);
    expect(next.ids).toEqual([last.id]);
  });

  it('that give no sign of life while they work are taken for dead, and their event is handled twice', async () => {
    const stream = freshStream();
    const message = sampleMessage();
    await openChannel({ payloads: 'record', partitions: 1 }).publish(stream, [message]);
    const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
      groupId: `plain-${stream.topic}`,
      sessionTimeout: 1_000,
      heartbeatInterval: 200,
    });
    onTestFinished(() => consumer.disconnect());
    const handled: string[] = [];
    const out = new Promise<void>((resolve) => {
      let joins = 0;
      consumer.on(consumer.events.GROUP_JOIN, () => {
        joins += 1;
        if (joins === 2) resolve();
      });
    });
    await consumer.connect();
    await consumer.subscribe({ topic: stream.topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { headers } }) => {
        handled.push(String(headers?.['ce_id']));
        // As the other test does: three times longer than the session.
        if (handled.length === 1) await Promise.race([sleep(3_000), out]);
      },
    });
    await vi.waitFor(() => expect(handled).toEqual([message.id, message.id]), 25_000);
  });

  it('finish what they have in hand before another one gets their partitions', async () => {
    const [channel, other] = [openChannel({ payloads: 'record', partitions: 1 }), openChannel({ payloads: 'record' })];
    const stream = freshStream();
    const messages = Array.from({ length: 5 }, () => sampleMessage({ key: 'one' }));
    await channel.publish(stream, messages.slice(0, 2));
    const first = new Collector(channel, stream, { holds: true });
    const held = [...(await first.until(2))];
    const second = new Collector(other, stream);
    await vi.waitUntil(async () => (await channel.admin.state(stream, 'group'))?.consumers === 2, { timeout: 10_000 });
    await channel.publish(stream, messages.slice(2));
    expect(second.deliveries).toEqual([]);
    expect(await first.settle(held)).toEqual([]);
    await first.subscription.close();
    await second.until(3);
    expect(second.ids).toEqual(messages.slice(2).map(({ id }) => id));
  });

  it('that hold an event for longer than the group waits lose it, and are told', async () => {
    const options = { payloads: 'record', partitions: 2, sessionTimeoutMs: 1_000, rebalanceTimeoutMs: 1_500 } as const;
    const [channel, other] = [openChannel(options), openChannel(options)];
    const stream = freshStream();
    await channel.publish(
      stream,
      Array.from({ length: 12 }, () => sampleMessage()),
    );
    const first = new Collector(channel, stream, { holds: true });
    const held = await first.until(12);
    const second = new Collector(other, stream);
    await vi.waitUntil(() => second.deliveries.length > 0, { timeout: 15_000 });
    const lost = await first.settle(held);
    expect(lost.length).toBeGreaterThan(0);
    expect(idsOf(first.lost)).toEqual(idsOf(lost));
    await vi.waitUntil(() => second.deliveries.length === lost.length, { timeout: 10_000 });
    expect(idsOf(second.deliveries)).toEqual(idsOf(lost));
  });

  it('lose nothing and keep the order of each key while they come and go', { timeout: 90_000 }, async () => {
    const history = new History();
    const stream = freshStream();
    const open = (consumer: string) =>
      recordedChannel(openChannel({ payloads: 'record', partitions: 8 }), history, { consumer });
    const producer = open('producer');
    const channels = [open('a'), open('b'), open('c')];
    const lives = channels.map(async (channel, i) => {
      for (let life = 0; life < 4; life += 1) {
        const collector = new Collector(channel, stream, { batchSize: 10, consumer: `c${i}-${life}` });
        await collector.until(20, 8_000).catch(() => undefined);
        await collector.subscription.close();
      }
    });
    for (let i = 0; i < 600; i += 1) await producer.publish(stream, [sampleMessage({ key: `key ${i % 20}` })]);
    await Promise.all(lives);
    const last = new Collector(open('last'), stream, { consumer: 'last' });
    await vi.waitUntil(async () => (await producer.admin.state(stream, 'group'))?.lag === 0, { timeout: 20_000 });
    await vi.waitUntil(() => everySettled(history), { timeout: 20_000 });
    await last.subscription.close();
    const report = checkHistory(history.records, { groups: ['group'] });
    expect(report.failures).toEqual([]);
    expect(report.appended).toBe(600);
  });
});

function idsOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ message }) => message?.id ?? '').sort();
}

function everySettled(history: History): boolean {
  const settled = new Set(history.records.filter(({ kind }) => kind === 'settlement').map(({ eventId }) => eventId));
  return settled.size === 600;
}
