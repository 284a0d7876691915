import { describe, expect, it, vi } from 'vitest';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { Collector } from '../redis/collector.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel } from './open-channel.js';

/** A broker that is missed, and let in again, soon. */
const properties = { 'broker.session.timeout.ms': 1_000, 'broker.heartbeat.interval.ms': 200 };
const AWAY_MS = 60_000;

describe.skipIf(!hasServers)('a Kafka that goes and comes back', { timeout: 240_000 }, () => {
  it('makes a consumer say that it waits, and that it is ready once it reads again', async () => {
    const kafka = await startKafka({ properties });
    try {
      const channel = openChannel({ brokers: kafka.brokers, payloads: 'record', partitions: 1 });
      const heard = new HeardDiagnostics(channel);
      const stream = freshStream();
      const collector = new Collector(channel, stream);
      const before = sampleMessage();
      await vi.waitFor(() => channel.publish(stream, [before]), AWAY_MS);
      await vi.waitFor(() => expect(collector.ids).toContain(before.id), AWAY_MS);
      await vi.waitFor(
        async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 }),
        AWAY_MS,
      );
      await kafka.nodes[0]?.kill();
      await vi.waitFor(() => expect(stateOf(heard)).toBe('waiting'), AWAY_MS);
      await kafka.nodes[0]?.restart();
      await vi.waitFor(() => expect(stateOf(heard)).toBe('ready'), AWAY_MS);
      const after = sampleMessage();
      await vi.waitFor(() => channel.publish(stream, [after]), AWAY_MS);
      await vi.waitFor(() => expect(collector.ids).toContain(after.id), AWAY_MS);
    } finally {
      await kafka.stop();
    }
  });
});

/** What was told last about the way to the server. */
function stateOf({ all }: HeardDiagnostics): string | undefined {
  return all.findLast(({ kind }) => kind === 'waiting' || kind === 'ready')?.kind;
}
