import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { Collector } from '../redis/collector.js';
import { freshStream, openChannel, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { startServer } from '../redis/start-server.js';
import { shortOrLong } from './long-run.js';
import { storedEvents } from './stored-events.js';

const LEASE_MS = 2_000;
const PAUSE_MS = shortOrLong(5_000, 30_000);

describe.skipIf(redisUrl === '')('a Redis that stands still for longer than a lease', () => {
  it('doubles nothing: appends are repeated, and of two consumers one settles each event', async () => {
    const server = await startServer();
    const resume = () => process.kill(server.pid, 'SIGCONT');
    onTestFinished(() => void resume());
    const [history, stream] = [new History(), freshStream()];
    const open = () =>
      recordedChannel(openChannel({ url: server.url, leaseMs: LEASE_MS, publishTimeoutMs: 2_000 }), history);
    const channel = open();
    const messages = Array.from({ length: 20 }, (_, i) => sampleMessage({ key: `key-${i % 4}` }));
    await channel.publish(stream, messages);
    const holder = new Collector(channel, stream, { holds: true, consumer: 'holder' });
    await holder.until(20);
    new Collector(open(), stream, { consumer: 'other' });
    process.kill(server.pid, 'SIGSTOP');
    const resumeAt = performance.now() + PAUSE_MS;
    const meanwhile = Array.from({ length: 5 }, () => sampleMessage());
    let failures = 0;
    const appends = meanwhile.map((message) => {
      const append = () => channel.publish(stream, [message]).finally(() => (failures += 1));
      return vi.waitFor(append, { timeout: 60_000, interval: 20 });
    });
    // How long a server stands still is what is tested: its own clock goes on.
    await vi.waitUntil(() => performance.now() > resumeAt && failures >= 5, { timeout: 60_000, interval: 20 });
    resume();
    await Promise.all(appends);
    const settled = async () => {
      await settleWhatIsHeld(holder);
      return channel.admin.state(stream, 'group');
    };
    await expect.poll(settled, { timeout: 15_000 }).toMatchObject({ pending: 0, lag: 0 });
    const stored = await storedEvents(stream, server.url);
    const report = checkHistory(history.records, { groups: ['group'], order: 'none', stored });
    expect(report).toMatchObject({ appended: 25, failures: [] });
    expect(stored).toHaveLength(25);
  }, 90_000);
});

/** As the library's consumer does: again until the server has answered. */
async function settleWhatIsHeld(holder: Collector): Promise<void> {
  await vi.waitFor(() => holder.settle(holder.deliveries), { timeout: 15_000, interval: 50 });
}
