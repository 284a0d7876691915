import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  positionBefore,
  type Channel,
  type Checkpoint,
  type Message,
  type Position,
  type ReadEvent,
  type ReadOptions,
} from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, openChannel, openClient, redisUrl } from './open-channel.js';
import { partitionKey } from './partition-owners.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startCluster } from './start-cluster.js';
import { startServer } from './start-server.js';

const DEAD_LETTER = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;

describe.skipIf(redisUrl === '')('a split stream on Redis', () => {
  it('is read as one, in the order of the server’s time, from and up to any checkpoint', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, partitions: 5 });
    const messages = keyed(200);
    for (let i = 0; i < messages.length; i += 9) await channel.publish(stream, messages.slice(i, i + 9));
    const all = await read(channel, { stream, batchSize: 7 });
    expect(idsOf(all)).toHaveLength(200);
    expect(new Set(idsOf(all))).toEqual(new Set(messages.map(({ id }) => id)));
    const stamps = all.map(({ position }) => position).map(stampOf);
    expect(stamps).toEqual([...stamps].sort());
    expect(new Set(all.map(({ position }) => position.partition)).size).toBe(5);
    const middle = checkpointOf(all.slice(0, 83));
    expect(idsOf(await read(channel, { stream, after: middle, batchSize: 7 }))).toEqual(idsOf(all.slice(83)));
    expect(idsOf(await read(channel, { stream, until: middle }))).toEqual(idsOf(all.slice(0, 83)));
    const [one] = middle;
    const ofOne = all.slice(0, 83).filter(({ position }) => position.partition === one?.partition);
    expect(idsOf(await read(channel, { stream, until: one ? [one] : [] }))).toEqual(idsOf(ofOne));
    const asked = [150, 3, 77].map((i) => messages[i]?.id ?? '');
    expect(idsOf(await read(channel, { stream, ids: ['nobody', ...asked] }))).toEqual(asked);
    // Whoever is not set up for partitions finds them, too.
    expect(idsOf(await read(openChannel(), { stream }))).toEqual(idsOf(all));
  });

  it('has its dead letters, groups and erasures in one place for the operator', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, partitions: 4 });
    const { admin } = channel;
    await channel.publish(stream, keyed(12));
    const collector = new Collector(channel, stream, { holds: true });
    await collector.until(12);
    const settled = collector.deliveries.map((delivery) => ({ delivery, deadLetter: DEAD_LETTER }));
    expect(await collector.subscription.settle(settled)).toEqual([]);
    const letters = await admin.deadLetters.list(stream, 'group');
    expect(new Set(letters.map(({ eventId }) => eventId))).toEqual(new Set(collector.ids));
    expect(new Set(letters.map(({ position }) => position.partition)).size).toBe(4);
    const pages = await admin.deadLetters.list(stream, 'group', { limit: 5 });
    const after = pages.at(-1)?.id ?? '';
    expect([...pages, ...(await admin.deadLetters.list(stream, 'group', { after }))]).toEqual(letters);
    expect(await admin.state(stream, 'group')).toMatchObject({ consumers: 1, pending: 0, lag: 0, deadLetters: 12 });
    const ids = letters.map(({ id }) => id);
    expect(await admin.deadLetters.redrive(stream, 'group', ids)).toBe(12);
    await collector.until(24);
    expect(new Set(collector.ids.slice(12))).toEqual(new Set(collector.ids.slice(0, 12)));
    expect(await collector.settle(collector.deliveries.slice(12))).toEqual([]);
    expect(await admin.erase(stream, collector.ids.slice(0, 12), ['sample'])).toBe(12);
    expect(await admin.state(stream, 'group')).toMatchObject({ pending: 0, deadLetters: 0 });
  });

  it('needs no more rights than docs/partitions.md says', async () => {
    const { url } = await startServer();
    const client = openClient(url);
    for (const page of ['redis-acl.md', 'partitions.md']) {
      const lines = (await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8')).split('\n');
      for (const line of lines.filter((one) => one.startsWith('ACL SETUSER '))) {
        await client.acl('SETUSER', ...(line.split(' ').slice(2) as [string, ...string[]]));
      }
    }
    const urlOf = (user: string) => url.replace('//', `//${user}:${user}-password@`);
    const stream = { environment: 'prod', contract: 'orders' };
    const producer = openChannel({ url: urlOf('producer'), partitions: 3 });
    await producer.publish(stream, [...keyed(10), largeMessage()]);
    const consuming = openChannel({ url: urlOf('consumer'), partitions: 3, leaseMs: 500 });
    const heard = new HeardDiagnostics(consuming);
    const [first, second] = ['a', 'b'].map(
      (consumer) => new Collector(consuming, stream, { consumer, types: ['sampleTaken.v1'] }),
    );
    await vi.waitFor(async () => expect(await client.zcard(partitionKey(stream, 0, 'members:group'))).toBe(2));
    await vi.waitUntil(() => (first?.ids.length ?? 0) + (second?.ids.length ?? 0) >= 11, { timeout: 5_000 });
    await first?.subscription.close();
    await producer.publish(stream, keyed(10));
    await vi.waitUntil(() => (first?.ids.length ?? 0) + (second?.ids.length ?? 0) >= 21, { timeout: 5_000 });
    await second?.subscription.close();
    const operator = redisChannel({ url: urlOf('operator'), partitions: 3 });
    onTestFinished(() => operator.close());
    expect(await read(operator, { stream })).toHaveLength(21);
    await operator.repartition(stream, 4);
    expect(heard.of('fault')).toEqual([]);
    const denied = ((await client.acl('LOG')) as string[][]).map((entry) => entry.join(' '));
    expect(denied.filter((entry) => !entry.includes('setinfo'))).toEqual([]);
  });
});

describe.skipIf(redisUrl === '')('a split stream on a Redis cluster', () => {
  let running: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => void (running = await startCluster()));
  afterAll(() => running.stop());

  it('lies on all nodes, and is written, shared and read as on one server', async () => {
    const { clients, nodes } = running;
    const settings = { cluster: { nodes }, partitions: 12, leaseMs: 2_000, keyIndex: true };
    const [stream, channel] = [freshStream(), openChannel(settings)];
    const messages = keyed(120);
    const published = await channel.publish(stream, messages);
    expect(published).toHaveLength(120);
    for (const client of clients) expect((await client.keys('*:stream')).length).toBeGreaterThan(0);
    const [first, second] = [channel, openChannel(settings)].map((one) => new Collector(one, stream));
    await vi.waitUntil(() => (first?.ids.length ?? 0) + (second?.ids.length ?? 0) >= 120, { timeout: 15_000 });
    expect(new Set([...(first?.ids ?? []), ...(second?.ids ?? [])])).toEqual(new Set(messages.map(({ id }) => id)));
    expect(await read(channel, { stream })).toHaveLength(120);
    expect(idsOf(await read(channel, { stream, key: 'key-7' }))).toEqual([messages[7]?.id]);
    for (const [i, { position }] of published.slice(0, 12).entries()) {
      const before = positionBefore(position);
      const range = { after: before ? [before] : [], until: [position] };
      expect(await read(channel, { stream, ...range })).toMatchObject([{ position, message: messages[i] }]);
    }
    await vi.waitFor(
      async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, consumers: 2 }),
      15_000,
    );
  });
});

async function read(channel: Channel, options: ReadOptions): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read(options)) events.push(...batch);
  return events;
}

function keyed(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, i) => sampleMessage({ key: `key-${i}` }));
}

function idsOf(events: readonly ReadEvent[]): readonly string[] {
  return events.map(({ message }) => message?.id ?? '');
}

/** Sorts as the server's time, the number inside a millisecond, and the partition do. */
function stampOf({ id, partition }: Position): string {
  const [ms = '', seq = ''] = id.split('-');
  return `${ms.padStart(20, '0')}-${seq.padStart(20, '0')}-${String(partition).padStart(5, '0')}`;
}

/** The last position of each partition among these. */
function checkpointOf(events: readonly ReadEvent[]): Checkpoint {
  return [...new Map(events.map(({ position }) => [position.partition, position])).values()];
}
