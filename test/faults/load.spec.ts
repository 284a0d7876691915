import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
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
const LIMIT = 16 * 1024 * 1024;
const HUGE = 64_000_000;

describe.skipIf(redisUrl === '')('a slow consumer', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  it('reads no more than it may hold, and its memory does not grow with what waits', async () => {
    const server = await startServer();
    const [stream, channel] = [freshStream(), openChannel({ url: server.url })];
    const settings = { maxInFlight: 40, batchSize: 20, concurrency: 4 };
    const worker = startWorker({ role: 'consume', url: server.url, stream, settings, workMs: 20 }, new History());
    await append(channel, stream, 500, 10_000);
    // By then its memory is what its work takes.
    await vi.waitUntil(() => (worker.state?.handled ?? 0) > 200, { timeout: 15_000 });
    const before = worker.state?.rss ?? 0;
    // 240 MB that it will not read.
    await append(channel, stream, 12_000, 10_000);
    const states = [];
    while (states.length < 10) {
      // It has gone on by as many as it may hold.
      const handled = (worker.state?.handled ?? 0) + 40;
      await vi.waitUntil(() => (worker.state?.handled ?? 0) >= handled, { timeout: 15_000 });
      states.push({ ...worker.state, group: await channel.admin.state(stream, 'group') });
    }
    for (const { inFlight, group } of states) {
      expect(inFlight).toBeLessThanOrEqual(40);
      expect(group?.pending).toBeLessThanOrEqual(40);
    }
    expect(states.at(-1)?.group?.lag).toBeGreaterThan(3_000);
    expect((worker.state?.rss ?? Infinity) - before).toBeLessThan(60_000_000);
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

  it('that somebody put there by hand are set aside unread, and do not end the loop', async () => {
    const { handled, letters, grown } = await consumeHuge(LIMIT);
    expect(handled).toEqual(['before', 'after']);
    expect(letters).toMatchObject([{ eventId: 'huge', kind: 'malformed', code: 'EB_MALFORMED' }]);
    expect(grown).toBeLessThan(2 * LIMIT);
  }, 60_000);

  it('that somebody put there by hand are held in memory and handed on without the limit', async () => {
    const { handled, letters, grown } = await consumeHuge(2 * HUGE);
    expect(handled).toEqual(['before', 'huge', 'after']);
    expect(letters).toEqual([]);
    expect(grown).toBeGreaterThan(HUGE);
  }, 60_000);
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
    await vi.waitFor(async () => {
      expect(await client.xpending(keyOf(stream), 'group~0', 'IDLE', LEASE_MS, '-', '+', 3_000)).toHaveLength(3_000);
    }, 15_000);
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

/** Consumes an event into whose hash somebody has put a huge value, between two others. */
async function consumeHuge(maxEventBytes: number) {
  const server = await startServer();
  const [stream, client] = [freshStream(), openClient(server.url)];
  const channel = openChannel({ url: server.url, maxEventBytes, commandTimeoutMs: 10_000 });
  const handled: string[] = [];
  startConsumer(channel, stream, ({ id }) => void handled.push(id));
  const passed = async (id: string) => {
    await channel.publish(stream, [sampleMessage({ id })]);
    await vi.waitUntil(() => handled.includes(id), 30_000);
  };
  await passed('before');
  // Made by the server, so that this process has not held it before.
  const put = `redis.call('HSET', KEYS[1], 'sample', '"' .. string.rep('x', ARGV[1]) .. '"')`;
  await client.eval(put, 1, keyOf(stream, 'event:huge'), HUGE);
  const entry = { id: 'huge', type: 'sampleTaken.v1', time: new Date().toISOString(), fields: 1 };
  const growth = memoryGrowth();
  await client.xadd(keyOf(stream), '*', 'eb1', JSON.stringify(entry));
  await passed('after');
  const grown = growth();
  await vi.waitFor(async () => {
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 });
  }, 30_000);
  return { handled, grown, letters: await channel.admin.deadLetters.list(stream, 'group') };
}

/** Watches this process; what is returned tells by how many bytes its memory has grown at most. */
function memoryGrowth(): () => number {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => (most = Math.max(most, process.memoryUsage.rss()));
  const timer = setInterval(look, 2);
  onTestFinished(() => clearInterval(timer));
  return () => look() - before;
}
