import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Transaction } from 'kafkajs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Channel, Stream } from 'nest-event-backbone/core';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

const ONE = { payloads: 'record', partitions: 1 } as const;
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });

describe.skipIf(!hasServers)('a transaction of another producer that hangs', { timeout: 60_000 }, () => {
  it('holds back what was appended behind it, shows as lag, and loses nothing once it is over', async () => {
    const channel = openChannel(ONE);
    const stream = freshStream();
    const messages = Array.from({ length: 4 }, () => sampleMessage());
    const ids = messages.map(({ id }) => id);
    await channel.publish(stream, messages.slice(0, 1));
    const collector = new Collector(channel, stream);
    await collector.until(1);
    const hanging = await begin(stream.topic);
    await channel.publish(stream, messages.slice(1));
    await vi.waitFor(async () => expect((await channel.admin.state(stream, 'group'))?.lag).toBe(4), 20_000);
    expect(await idsIn(channel, stream)).toEqual(ids.slice(0, 1));
    expect(collector.ids).toEqual(ids.slice(0, 1));
    await hanging.abort();
    await collector.until(4, 30_000);
    expect(collector.ids).toEqual(ids);
    expect(collector.error).toBeUndefined();
    expect(await idsIn(channel, stream)).toEqual(ids);
  });

  it('shows a reader that does not wait for it what never was', async () => {
    const stream = freshStream();
    const channel = openChannel(ONE);
    await channel.publish(stream, [sampleMessage()]);
    const seen: string[] = [];
    const reader = kafka.consumer({ groupId: randomUUID(), readUncommitted: true });
    onTestFinished(() => reader.disconnect());
    await reader.connect();
    await reader.subscribe({ topic: stream.topic, fromBeginning: true });
    await reader.run({ eachMessage: async ({ message }) => void seen.push(String(message.headers?.['ce_id'])) });
    const hanging = await begin(stream.topic, 'never');
    await vi.waitFor(() => expect(seen).toContain('never'), 20_000);
    await hanging.abort();
    expect(await idsIn(channel, stream)).not.toContain('never');
  });
});

/** A transaction that has appended one event, and is left open. */
async function begin(topic: string, id = 'foreign'): Promise<Transaction> {
  const producer = kafka.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 });
  onTestFinished(() => producer.disconnect());
  await producer.connect();
  const transaction = await producer.transaction();
  const headers = { ce_id: id, ce_type: 'foreign.v1', ce_time: new Date().toISOString() };
  await transaction.send({ topic, messages: [{ partition: 0, value: '{}', headers }] });
  return transaction;
}

async function idsIn(channel: Channel, stream: Stream): Promise<readonly (string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  for await (const events of channel.read({ stream })) ids.push(...events.map(({ message }) => message?.id));
  return ids;
}
