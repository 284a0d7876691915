import { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { startRedis } from '../../tools/dev-stack/index.mjs';

const SLOTS = 16_384;

/** Starts a cluster of three servers without replicas; it ends with {@link stop}. */
export async function startCluster() {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const servers = await Promise.all([0, 1, 2].map(() => startRedis({ args })));
  const clients = servers.map(({ url }) => new Redis(url));
  for (const [i, client] of clients.entries()) {
    await client.call('cluster', 'addslotsrange', Math.ceil((i * SLOTS) / 3), Math.ceil(((i + 1) * SLOTS) / 3) - 1);
    if (i > 0) await client.cluster('MEET', '127.0.0.1', servers[0]?.port ?? 0);
  }
  for (const client of clients) {
    await vi.waitFor(
      async () => {
        const info = await client.cluster('INFO');
        expect(info).toContain('cluster_state:ok');
        expect(info).toContain('cluster_known_nodes:3');
      },
      { timeout: 15_000, interval: 50 },
    );
  }
  const nodes = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  const stop = async () => {
    for (const client of clients) client.disconnect();
    await Promise.all(servers.map((server) => server.stop()));
  };
  return { servers, clients, nodes, stop };
}
