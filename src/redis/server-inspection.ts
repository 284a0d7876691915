import type { Cluster, Redis } from 'ioredis';
import { reportChannel, type Channel } from '../core/index.js';
import type { RedisConnection } from './redis-connection.js';

/** Looks at the server: reports how durable what it keeps is, and warns about what loses events. */
export async function inspectServer(channel: Channel, connection: RedisConnection): Promise<void> {
  const { client } = connection;
  const nodes = client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
  const seen = await Promise.all(nodes.map((node) => inspectNode(connection, node)));
  for (const kind of ['durability', 'fault'] as const) {
    // The nodes of a cluster are mostly set up alike.
    for (const reason of new Set(seen.flatMap((node) => node[kind]))) reportChannel({ channel, kind, reason });
  }
}

/** What there is to say about one server. */
interface Seen {
  readonly durability: readonly string[];
  readonly fault: readonly string[];
}

async function inspectNode(connection: RedisConnection, node: Redis): Promise<Seen> {
  const [memory, persistence, replication] = await Promise.all(
    ['memory', 'persistence', 'replication'].map((section) =>
      connection.within(node.info(section)).catch(() => undefined),
    ),
  );
  // A connection that is lost is told about elsewhere, and looked at again when it is back.
  if (node.status !== 'ready') return { durability: [], fault: [] };
  const role = found(replication, 'role');
  const policy = found(memory, 'maxmemory_policy');
  const fault: string[] = [];
  if (policy !== undefined && policy !== 'noeviction') {
    fault.push(`the server's maxmemory-policy is ${policy}: it may drop events without a word; set it to noeviction`);
  }
  if (role === 'slave') fault.push('the server is a replica (role slave): it takes no appends; connect to the primary');
  const aof = found(persistence, 'aof_enabled');
  if (aof === undefined) {
    return { durability: ['the server does not say how durable it is: this user may not ask it with INFO'], fault };
  }
  const disk = aof === '1' ? onDisk(await syncPolicy(connection, node)) : MEMORY_ONLY;
  const replicas = Number(found(replication, 'connected_slaves') ?? '0');
  const connected = `${replicas} replica${replicas === 1 ? '' : 's'} connected`;
  return { durability: [`${disk}; ${connected}; role ${role ?? 'unknown'}`], fault };
}

const MEMORY_ONLY = 'memory only: what is newer than the last snapshot, if there is one, is lost in a crash';

const LOSSES: Readonly<Record<string, string>> = Object.freeze({
  always: 'what was confirmed survives a crash',
  everysec: 'up to about 1 s may be lost in a crash',
  no: 'what the operating system has not written, often 30 s, may be lost if the machine crashes',
});

function onDisk(policy: string | undefined): string {
  const loss = policy === undefined ? undefined : LOSSES[policy];
  return loss === undefined
    ? 'memory and AOF: how much may be lost in a crash depends on its appendfsync, which this user may not read'
    : `memory and AOF (${policy ?? ''}): ${loss}`;
}

async function syncPolicy(connection: RedisConnection, node: Redis): Promise<string | undefined> {
  const reply = await connection.within(node.config('GET', 'appendfsync')).catch(() => undefined);
  // Older clients and RESP3 give a map.
  const value: unknown = Array.isArray(reply)
    ? reply[1]
    : (reply as { appendfsync?: unknown } | undefined)?.appendfsync;
  return typeof value === 'string' ? value : undefined;
}

function found(info: string | undefined, name: string): string | undefined {
  return info === undefined ? undefined : new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
}
