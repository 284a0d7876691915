import { describe, expect, it, vi } from 'vitest';
import type { PayloadStore } from 'nest-event-backbone/core';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import { Collector } from '../redis/collector.js';
import { FaultProxy } from '../redis/fault-proxy.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel, redisUrl } from './open-channel.js';

const FIELDS = { fields: { product: '7' } } as const;

describe.skipIf(!hasServers)('a payload store that is away while events are read', { timeout: 90_000 }, () => {
  it('makes consumers wait and say so, and gives them whole events in order when it is back', async () => {
    const { proxy, publish, channel, stream } = await scene((store) => store);
    const heard = new HeardDiagnostics(channel);
    const first = await publish(2);
    const collector = new Collector(channel, stream);
    await collector.until(2);
    proxy.refuse();
    const second = await publish(3);
    const waits = () => heard.of('waiting').filter(({ reason }) => reason?.includes('payload store'));
    await vi.waitFor(() => expect(waits().length).toBeGreaterThanOrEqual(2), 40_000);
    expect(collector.ids).toEqual(first);
    await expect(readAll()).rejects.toMatchObject({ code: expect.stringMatching(/^EB_/) as string });
    proxy.pass();
    await collector.until(5, 30_000);
    expect(heard.all.findLast(({ kind }) => kind === 'waiting' || kind === 'ready')?.kind).toBe('ready');
    expect(collector.ids).toEqual([...first, ...second]);
    expect(collector.deliveries.map(({ message }) => message?.fields['product'])).toEqual(Array(5).fill('7'));
    expect(await vi.waitFor(readAll, 20_000)).toBe(5);

    async function readAll(): Promise<number> {
      let count = 0;
      for await (const events of channel.read({ stream })) count += events.length;
      return count;
    }
  });

  it('and that says there is nothing instead makes malformed events of good ones', async () => {
    const { proxy, publish, channel, stream } = await scene((store) => ({
      put: (entries, options) => store.put(entries, options),
      get: (keys) => store.get(keys).catch(() => keys.map(() => undefined)),
      erase: (keys) => store.erase(keys),
      list: (eventId) => store.list(eventId),
      close: () => store.close(),
    }));
    await publish(1);
    const collector = new Collector(channel, stream);
    await collector.until(1);
    proxy.refuse();
    await publish(1);
    await collector.until(2, 40_000);
    expect(collector.deliveries.map(({ malformed }) => malformed?.code)).toEqual([undefined, 'EB_FIELDS_LOST']);
  });
});

/** A channel that reads fields through a line that can be cut; what appends has another one. */
async function scene(asked: (store: PayloadStore) => PayloadStore) {
  const proxy = await FaultProxy.before(redisUrl);
  const channel = openChannel({ payloads: asked(redisPayloadStore({ url: proxy.url })), partitions: 1 });
  const producer = openChannel({ partitions: 1 });
  const stream = freshStream();
  const publish = async (count: number): Promise<readonly string[]> => {
    const messages = Array.from({ length: count }, () => sampleMessage(FIELDS));
    await producer.publish(stream, messages);
    return messages.map(({ id }) => id);
  };
  return { proxy, publish, channel, stream };
}
