import { randomUUID } from 'node:crypto';
import { Bridge, copyMark, type BridgeEnd } from 'nest-event-backbone/bridge';
import type { Channel, Message } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel, redisUrl } from './open-channel.js';

async function messagesIn({ channel, environment, contract }: BridgeEnd): Promise<readonly Message[]> {
  const found: Message[] = [];
  for await (const events of channel.read({ stream: { environment, contract } })) {
    for (const { message } of events) if (message) found.push(message);
  }
  return found;
}

function openRedis(): Channel {
  const channel = redisChannel({ url: redisUrl, prefix: `b-${randomUUID()}` });
  onTestFinished(() => channel.close());
  return channel;
}

describe.skipIf(!hasServers)('two bridges that face each other, one of them to where nothing is deduplicated', () => {
  it('bring each event to the other side once, with its headers and where it comes from', async () => {
    const { environment, contract } = freshStream();
    const redis = { channel: openRedis(), server: 'redis', environment, contract };
    const kafka = { channel: openChannel({ partitions: 3 }), server: 'kafka', environment, contract };
    const bridges = [new Bridge({ from: redis, to: kafka }), new Bridge({ from: kafka, to: redis })];
    for (const bridge of bridges) {
      onTestFinished(() => bridge.stop(5_000));
      bridge.start();
    }
    const ends = [redis, kafka];
    const sent = ends.map(({ server: tenant }) =>
      Array.from({ length: 40 }, (_, i) => sampleMessage({ key: `${tenant}-${i % 4}`, headers: { tenant } })),
    );
    await Promise.all(ends.map(({ channel }, i) => channel.publish({ environment, contract }, sent[i] ?? [])));
    const all = sent
      .flat()
      .map(({ id }) => id)
      .sort();
    for (const end of ends) {
      await vi.waitFor(async () => expect(await messagesIn(end)).toHaveLength(all.length), 25_000);
    }
    const stop = AbortSignal.timeout(25_000);
    for (const bridge of bridges) expect(await bridge.caughtUp(stop)).toEqual({ waiting: 0, deadLetters: 0 });
    for (const end of ends) {
      const found = await messagesIn(end);
      expect(found.map(({ id }) => id).sort()).toEqual(all);
      for (const message of found) {
        const { tenant } = message.headers;
        expect(copyMark(message)?.origin.server).toBe(tenant === end.server ? undefined : tenant);
      }
    }
    expect(bridges.map(({ state }) => [state.relayed, state.skipped])).toEqual([
      [40, 40],
      [40, 40],
    ]);
  });
});
