import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { freshStream, openChannel, redisUrl } from './open-channel.js';
import { roundTrip } from './round-trip.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startCluster } from './start-cluster.js';
import { storedIds } from './stored-messages.js';

describe.skipIf(redisUrl === '')('a Redis cluster', () => {
  let running: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => void (running = await startCluster()));
  afterAll(() => running.stop());

  it('keeps everything of a stream on one node and different streams on all of them', async () => {
    const { clients, nodes } = running;
    const cluster = { nodes };
    const channel = openChannel({ cluster });
    // So many that no node is left out by chance.
    const streams = Array.from({ length: 30 }, freshStream);
    await Promise.all(streams.map((stream) => roundTrip(channel, stream)));
    for (const stream of streams) expect(await storedIds(stream, { cluster })).toHaveLength(3);
    for (const client of clients) expect(await client.dbsize()).toBeGreaterThan(0);

    const existing = new Cluster(nodes, { keyPrefix: 'tenant:', scaleReads: 'slave', redisOptions: { protocol: 2 } });
    onTestFinished(() => existing.disconnect());
    const prefixed = openChannel({ client: existing });
    await roundTrip(prefixed);
    await prefixed.close();
    expect(await existing.get('anything')).toBeNull();
    const keys = (await Promise.all(clients.map((client) => client.keys('tenant:eb:*')))).flat();
    expect(keys.length).toBeGreaterThan(5);
  });

  it('loses and doubles nothing while one of its nodes does not answer', { timeout: 120_000 }, async () => {
    const { servers, clients, nodes } = running;
    const cluster = { nodes };
    const channel = openChannel({ cluster, commandTimeoutMs: 300, publishTimeoutMs: 20_000 });
    const streams = Array.from({ length: 5 }, freshStream);
    const collectors = streams.map((stream) => new Collector(channel, stream));
    const published = new Map<Stream, string[]>(streams.map((stream) => [stream, []]));
    const append = async (stream: Stream) => {
      const message = (published.get(stream)?.length ?? 0) % 2 === 0 ? sampleMessage() : largeMessage();
      await channel.publish(stream, [message]);
      published.get(stream)?.push(message.id);
    };
    await Promise.all(streams.map(append));
    for (const collector of collectors) await collector.until(1);
    const [stopped] = servers;
    if (stopped) process.kill(stopped.pid, 'SIGSTOP');
    const appends = streams.map(append);
    // Those of the other nodes go through, and somebody waits for the node that does not answer.
    await Promise.race(appends);
    await vi.waitFor(async () => expect(await clients[1]?.cluster('NODES')).toContain('fail'), 10_000);
    if (stopped) process.kill(stopped.pid, 'SIGCONT');
    await Promise.all(appends);
    await Promise.all(streams.map(append));
    for (const [i, collector] of collectors.entries()) {
      await collector.until(3, 60_000);
      expect(new Set(collector.ids)).toEqual(new Set(published.get(streams[i] as Stream)));
      expect(await storedIds(streams[i] as Stream, { cluster })).toEqual(published.get(streams[i] as Stream));
    }
  });
});
