import { describe, expect, it, vi } from 'vitest';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, openChannel, openClient, redisUrl } from './open-channel.js';
import { roundTrip } from './round-trip.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startSentinel } from './start-sentinel.js';
import { storedIds } from './stored-messages.js';

describe.skipIf(redisUrl === '')('Redis with Sentinel', () => {
  it('goes on at the replica when the primary is gone, and loses nothing that the replica had', async () => {
    const { primary, replica, sentinels, name } = await startSentinel();
    const channel = openChannel({ options: { sentinels, name }, publishTimeoutMs: 20_000 });
    const stream = await roundTrip(channel);
    const collector = new Collector(channel, stream);
    await collector.until(3);
    const before = sampleMessage();
    await channel.publish(stream, [before]);
    await collector.until(4);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 }));
    await caughtUp(primary.url);
    await primary.kill();
    const meanwhile = [sampleMessage(), largeMessage()];
    await channel.publish(stream, meanwhile);
    await collector.until(6);
    expect(collector.ids.slice(3)).toEqual([before, ...meanwhile].map(({ id }) => id));
    expect(await storedIds(stream, { url: replica.url })).toEqual(collector.ids);
  });

  it('says that it waits while no sentinel answers', async () => {
    const channel = openChannel({
      options: { sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'main' },
      publishTimeoutMs: 300,
    });
    const heard = new HeardDiagnostics(channel);
    await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    expect(heard.of('waiting')[0]?.reason).toContain('All sentinels are unreachable');
  });
});

/** Waits until a primary's replica has everything. */
async function caughtUp(url: string): Promise<void> {
  const client = openClient(url);
  await vi.waitFor(async () => {
    await client.set('written-last', '1');
    expect(await client.wait(1, 1_000)).toBe(1);
  }, 10_000);
}
