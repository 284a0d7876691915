import { expect, vi } from 'vitest';
import { FaultProxy } from './fault-proxy.js';
import { openClient } from './open-channel.js';
import { startServer } from './start-server.js';

/** A primary and a replica that gets everything through a proxy; both gone after the test. */
export async function startReplica() {
  const primary = await startServer({ args: ['--repl-diskless-sync-delay', '0'] });
  const line = await FaultProxy.before(primary.url);
  const replica = await startServer({ args: ['--replicaof', '127.0.0.1', new URL(line.url).port] });
  const replicaClient = openClient(replica.url);
  await vi.waitFor(async () => {
    expect(await replicaClient.info('replication')).toContain('master_link_status:up');
    // Until then the replica does not confirm.
    expect(await openClient(primary.url).info('replication')).toContain('state=online');
  }, 10_000);
  return {
    primary,
    replica,
    /** The primary goes on, and nothing that it writes gets to the replica any more. */
    isolate: () => line.drop('replies'),
    /** The primary is gone, and the replica takes its place with what it has. */
    failOver: async () => {
      await primary.kill();
      await replicaClient.replicaof('NO', 'ONE');
    },
    caughtUp: async () => {
      const client = openClient(primary.url);
      await vi.waitFor(async () => {
        await client.set('written-last', '1');
        expect(await client.wait(1, 1_000)).toBe(1);
      }, 10_000);
    },
  };
}
