import { describe, expect, it, vi } from 'vitest';
import { NonRetryableError } from 'nest-event-backbone/core';
import { Collector } from '../redis/collector.js';
import { FaultProxy } from '../redis/fault-proxy.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { startConsumer } from './sample-consumer.js';

describe.skipIf(redisUrl === '')('between a dead letter and the end of its event', () => {
  it.for([1, 5, 40])('a connection that breaks after %i bytes of the reply leaves one dead letter', async (bytes) => {
    const { proxy, stream, channel } = await consumedThroughProxy();
    let failing: () => void = () => undefined;
    const fail = new Promise<void>((resolve) => (failing = resolve));
    let begun = false;
    startConsumer(channel, stream, async () => {
      begun = true;
      await fail;
      throw new NonRetryableError('poison');
    });
    await openChannel().publish(stream, [sampleMessage()]);
    await vi.waitUntil(() => begun, { timeout: 5_000 });
    void proxy.cutAfter('replies', bytes);
    failing();
    const admin = openChannel().admin;
    await vi.waitFor(async () => {
      expect(await admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 });
    }, 10_000);
    expect(await admin.deadLetters.list(stream, 'group')).toHaveLength(1);
  });

  it('a crash would leave two dead letters if they were two steps', async () => {
    const [stream, client, channel] = [freshStream(), openClient(), openChannel({ url: redisUrl, leaseMs: 200 })];
    const [published] = await channel.publish(stream, [sampleMessage()]);
    const letter = () => client.xadd(keyOf(stream, 'by-hand'), '*', 'position', published?.position.id ?? '');
    await client.xgroup('CREATE', keyOf(stream), 'group~0', '0');
    await client.xreadgroup('GROUP', 'group~0', 'crashing', 'STREAMS', keyOf(stream), '>');
    await letter();
    // It crashes here, before it acknowledges; another one takes over, and does the same.
    const heir = new Collector(channel, stream, { holds: true });
    await heir.until(1);
    await letter();
    await heir.settle(heir.deliveries);
    expect(await client.xlen(keyOf(stream, 'by-hand'))).toBe(2);
  });
});

async function consumedThroughProxy() {
  const proxy = await FaultProxy.before(redisUrl);
  return { proxy, stream: freshStream(), channel: openChannel({ url: proxy.url, commandTimeoutMs: 500 }) };
}
