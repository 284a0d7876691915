import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Channel, Consumer, Stream } from 'nest-event-backbone/core';
import { FaultProxy } from '../redis/fault-proxy.js';
import { freshStream, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { startServer } from '../redis/start-server.js';
import { startConsumer } from './sample-consumer.js';

const DEADLINE_MS = 1_000;

interface Scene {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly proxy: FaultProxy;
  readonly serverPid: number;
}

describe.skipIf(redisUrl === '')(
  'a consumer is gone by its deadline, with all its connections, when it is stopped',
  () => {
    it.for<[string, (scene: Scene) => Promise<Consumer>]>([
      [
        'twice at once',
        async ({ channel, stream }) => {
          const consumer = await consuming(channel, stream);
          void consumer.stop(DEADLINE_MS);
          return consumer;
        },
      ],
      [
        'while it connects',
        ({ channel, stream, proxy }) => {
          proxy.freeze();
          return Promise.resolve(startConsumer(channel, stream, () => undefined));
        },
      ],
      [
        'while the server refuses',
        ({ channel, stream, proxy }) => {
          proxy.refuse();
          return Promise.resolve(startConsumer(channel, stream, () => undefined));
        },
      ],
      [
        'right after it was started',
        ({ channel, stream }) => Promise.resolve(startConsumer(channel, stream, () => undefined)),
      ],
      [
        'while its handler hangs',
        async ({ channel, stream }) => {
          let begun = 0;
          const consumer = startConsumer(channel, stream, async () => {
            begun += 1;
            await new Promise(() => undefined);
          });
          await channel.publish(stream, [sampleMessage()]);
          await vi.waitUntil(() => begun === 1, { timeout: 5_000 });
          return consumer;
        },
      ],
      [
        'inside its own handler, which waits for that',
        async ({ channel, stream }) => {
          let stopping = false;
          const consumer: Consumer = startConsumer(channel, stream, async () => {
            stopping = true;
            await consumer.stop(DEADLINE_MS);
          });
          await channel.publish(stream, [sampleMessage()]);
          await vi.waitUntil(() => stopping, { timeout: 5_000 });
          return consumer;
        },
      ],
      [
        'while the server does not answer',
        async ({ channel, stream, serverPid }) => {
          const consumer = await consuming(channel, stream);
          process.kill(serverPid, 'SIGSTOP');
          return consumer;
        },
      ],
    ])('%s', async ([, begin]) => {
      const server = await startServer();
      const resume = () => process.kill(server.pid, 'SIGCONT');
      onTestFinished(() => void resume());
      const admin = openClient(server.url);
      await admin.ping();
      const proxy = await FaultProxy.before(server.url);
      const channel = openChannel({ url: proxy.url, commandTimeoutMs: 300 });
      const consumer = await begin({ channel, stream: freshStream(), proxy, serverPid: server.pid });
      const began = performance.now();
      await consumer.stop(DEADLINE_MS);
      expect(performance.now() - began).toBeLessThan(DEADLINE_MS + 2_000);
      expect(consumer.state.status).toBe('stopped');
      await channel.close();
      resume();
      proxy.pass();
      await vi.waitFor(async () => expect(await clientsOf(admin)).toBe(1), 5_000);
      expect(proxy.connections).toBe(0);
    });

    it('would be seen on the server if it were still reading', async () => {
      const server = await startServer();
      const admin = openClient(server.url);
      await consuming(openChannel({ url: server.url }), freshStream());
      expect(await clientsOf(admin)).toBeGreaterThan(1);
    });
  },
);

/** A consumer that has handled an event and waits for more. */
async function consuming(channel: Channel, stream: Stream): Promise<Consumer> {
  const consumer = startConsumer(channel, stream, () => undefined);
  await channel.publish(stream, [sampleMessage()]);
  await vi.waitUntil(() => consumer.state.handled === 1, { timeout: 5_000 });
  return consumer;
}

async function clientsOf(admin: Redis): Promise<number> {
  return String(await admin.client('LIST'))
    .trim()
    .split('\n').length;
}
