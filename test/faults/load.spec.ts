import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS, createProducer, type Channel, type Message, type Stream } from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { Collector } from '../redis/collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Samples } from '../redis/sample-taken.js';
import { startServer } from '../redis/start-server.js';
import { startConsumer } from './sample-consumer.js';
import { startWorker } from './start-worker.js';

const LEASE_MS = 300;

describe.skipIf(redisUrl === '')('a slow consumer', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  it('reads no more than it may hold, and its memory does not grow with what waits', async () => {
    const server = await startServer();
    const [stream, channel] = [freshStream(), openChannel({ url: server.url })];
    const settings = { maxInFlight: 40, batchSize: 20, concurrency: 4 };
    const worker = startWorker({ role: 'consume', url: server.url, stream, settings, workMs: 20 }, new History());
    await append(channel, stream, 500, 10_000);
    await vi.waitUntil(() => (worker.state?.handled ?? 0) > 50, { timeout: 15_000 });
    const before = worker.state?.rss ?? 0;
    // 60 MB that it will not read.
    await append(channel, stream, 6_000, 10_000);
    const states = [];
    while (states.length < 10) {
      await sleep(200);
      states.push({ ...worker.state, group: await channel.admin.state(stream, 'group') });
    }
    for (const { inFlight, group } of states) {
      expect(inFlight).toBeLessThanOrEqual(40);
      expect(group?.pending).toBeLessThanOrEqual(40);
    }
    expect(states.at(-1)?.group?.lag).toBeGreaterThan(3_000);
    expect((worker.state?.rss ?? Infinity) - before).toBeLessThan(30_000_000);
    expect(await worker.stop()).toBe('0');
  }, 60_000);
});

describe.skipIf(redisUrl === '')('large events', () => {
  it('may be as large as the limit and not one byte larger', async () => {
    const [stream, channel] = [freshStream(), openChannel()];
    const limit = DEFAULT_LIMITS.maxArgumentBytes;
    const samples = createProducer(Samples, { channel, environment: stream.environment, source: 'test' });
    // The quotes of a JSON text are two bytes of it.
    for (const size of [limit - 1, limit]) {
      await expect(samples.sampleTaken('x'.repeat(size - 2))).resolves.toMatchObject({ duplicate: false });
    }
    await expect(samples.sampleTaken('x'.repeat(limit - 1))).rejects.toMatchObject({ code: 'EB_TOO_LARGE' });
  });

  it('that somebody put there by hand do not end the loop', async () => {
    const server = await startServer();
    const [stream, channel, client] = [freshStream(), openChannel({ url: server.url }), openClient(server.url)];
    const entry = JSON.stringify({ id: 'huge', type: 'sampleTaken.v1', time: new Date().toISOString(), fields: 1 });
    await client.hset(keyOf(stream, 'event:huge'), '$position', '0-1', 'sample', Buffer.alloc(64_000_000, 'x'));
    await client.xadd(keyOf(stream), '*', 'eb1', entry);
    const healthy = sampleMessage();
    await channel.publish(stream, [healthy]);
    const handled: string[] = [];
    startConsumer(channel, stream, ({ id, args }) => void handled.push(`${id} ${args.length}`));
    await vi.waitFor(async () => {
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0, deadLetters: 1 });
    }, 15_000);
    expect(handled).toEqual([`${healthy.id} 1`]);
  }, 30_000);
});

describe.skipIf(redisUrl === '')('what many lost consumers left behind', () => {
  it('is taken over page by page, and nothing goes with the names that are removed', async () => {
    const [history, stream, client] = [new History(), freshStream(), openClient()];
    const channel = recordedChannel(openChannel({ url: redisUrl, leaseMs: LEASE_MS }), history);
    await append(channel, stream, 3_000, 10);
    await client.xgroup('CREATE', keyOf(stream), 'group~0', '0');
    for (let i = 0; i < 300; i += 1) {
      await client.xreadgroup('GROUP', 'group~0', `lost-${i}`, 'COUNT', 10, 'STREAMS', keyOf(stream), '>');
    }
    await sleep(LEASE_MS);
    for (const consumer of ['a', 'b']) new Collector(channel, stream, { consumer });
    await vi.waitFor(async () => {
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 });
    }, 20_000);
    const report = checkHistory(history.records, { groups: ['group'], order: 'none' });
    expect(report).toMatchObject({ appended: 3_000, settlements: 3_000, failures: [] });
  });
});

async function append(channel: Channel, stream: Stream, count: number, bytes: number): Promise<void> {
  const fields = { sample: `"${'x'.repeat(bytes)}"`, work: `"${'x'.repeat(bytes)}"` };
  for (let i = 0; i < count; i += 100) {
    const messages: Message[] = Array.from({ length: 100 }, () => sampleMessage({ fields }));
    await channel.publish(stream, messages);
  }
}
