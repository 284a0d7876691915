import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';
import { backOffMs } from './back-off.js';
import { meansReadOnly } from './redis-failure.js';
import type { RedisChannelOptions } from './redis-options.js';
import { redisUrlOptions } from './redis-url.js';

/** What both kinds of client offer. */
export type RedisClient = Redis | Cluster;

/**
 * Opens a client of the channel's own, with the settings on which its promises rest whatever the given ones say. It
 * begins to connect at once and never gives up.
 */
export function openClient(how: RedisChannelOptions): RedisClient {
  const client = made(how);
  // Without a listener an error of the connection would end the process.
  client.on('error', (error: unknown) => {
    // The client would go on in database 0.
    if (isSelectRefused(error)) client.disconnect(true);
  });
  return client;
}

function made({ client, cluster, url, options }: RedisChannelOptions): RedisClient {
  if (client?.isCluster === true) return (client as Cluster).duplicate([], ours((client as Cluster).options));
  if (client) return (client as Redis).duplicate(OURS);
  if (cluster) return new Cluster([...cluster.nodes], ours(cluster.options ?? {}));
  const read = url === undefined ? {} : redisUrlOptions(url);
  return new Redis({ ...options, ...read, tls: options?.tls ?? read.tls, ...OURS });
}

const OURS: RedisOptions = Object.freeze({
  // A lost reply must not become a second append.
  autoResendUnfulfilledCommands: false,
  // What is not answered fails as soon as its connection does; with more it would stay open for ever.
  maxRetriesPerRequest: 0,
  // Nothing waits where it cannot be counted.
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  lazyConnect: false,
  keepAlive: 30_000,
  // A connection that is given up is mostly one that does not answer, not even to its end.
  disconnectTimeout: 100,
  // The shapes that the replies are read in.
  replyMapping: 'legacy',
  stringNumbers: false,
  // Replies have a deadline of their own, and a blocked read may take longer than either.
  commandTimeout: undefined,
  socketTimeout: undefined,
  blockingTimeout: undefined,
  // However long the server is away, somebody waits for it.
  retryStrategy: backOffMs,
  sentinelRetryStrategy: backOffMs,
  // 1: reconnect to the new primary, and do not send the command again.
  reconnectOnError: (error: Error) => (meansReadOnly(error) ? 1 : false),
});

/** A node that is lost is not waited for: its slots are looked up again. */
function ours(options: ClusterOptions): ClusterOptions {
  return {
    ...options,
    redisOptions: { ...options.redisOptions, ...OURS },
    // What is sent while a node is being connected waits for that; without, it would fail.
    enableOfflineQueue: true,
    enableAutoPipelining: false,
    lazyConnect: false,
    clusterRetryStrategy: backOffMs,
    // Sending again is the caller's business.
    retryDelayOnFailover: 0,
    // A replica may not have yet what its primary has.
    scaleReads: 'master',
  };
}

function isSelectRefused(error: unknown): boolean {
  const { command } = error instanceof Error ? (error as { command?: { name?: unknown } }) : {};
  return command?.name === 'select';
}
