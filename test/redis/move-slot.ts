import type { startCluster } from './start-cluster.js';

/** Moves the slot of a key to the next node of a cluster, page by page, as an operator's tool does. */
export async function moveSlot(
  { clients, servers }: Awaited<ReturnType<typeof startCluster>>,
  key: string,
): Promise<void> {
  const ids = await Promise.all(clients.map((client) => client.cluster('MYID')));
  const [any] = clients;
  if (!any) throw new Error('the cluster has no nodes');
  const slot = await any.cluster('KEYSLOT', key);
  const ranges = await any.cluster('SLOTS');
  const owner = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2] as unknown[];
  const from = ids.indexOf(String(owner[2]));
  const to = (from + 1) % ids.length;
  const [source, target, port] = [clients[from], clients[to], servers[to]?.port ?? 0];
  if (!source || !target) throw new Error('nobody owns the slot');
  await target.call('cluster', 'setslot', slot, 'importing', ids[from] ?? '');
  await source.call('cluster', 'setslot', slot, 'migrating', ids[to] ?? '');
  for (;;) {
    const keys = (await source.call('cluster', 'getkeysinslot', slot, 50)) as string[];
    if (keys.length === 0) break;
    await source.call('migrate', '127.0.0.1', port, '', 0, 5_000, 'KEYS', ...keys);
  }
  for (const node of [target, source, ...clients]) await node.call('cluster', 'setslot', slot, 'node', ids[to] ?? '');
}
