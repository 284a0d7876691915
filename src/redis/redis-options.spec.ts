import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { redisChannel } from './redis-channel.js';
import { redisSettings, type RedisChannelOptions } from './redis-options.js';

const url = 'redis://:secret@localhost';

describe('the options of the Redis channel', () => {
  it('have defaults for everything but the way to the server', () => {
    expect(redisSettings({ url })).toEqual({
      prefix: 'eb',
      durability: 'memory',
      keyIndex: false,
      leaseMs: 60_000,
      claimEveryMs: 30_000,
      publishTimeoutMs: 10_000,
      commandTimeoutMs: 3_000,
      maxWaitingBytes: 64 * 1024 * 1024,
      maxEventBytes: 8 * 1024 * 1024,
    });
  });

  it('wait for a reply no longer than an append may take, and claim twice in each lease', () => {
    expect(redisSettings({ url, publishTimeoutMs: 500, leaseMs: 1_000 })).toMatchObject({
      commandTimeoutMs: 500,
      claimEveryMs: 500,
    });
  });

  it.for<[string, RedisChannelOptions]>([
    ['no way to the server', {}],
    ['two ways at once', { url, client: new Redis({ lazyConnect: true }) }],
    ['two other ways at once', { options: {}, cluster: { nodes: [] } }],
    ['a url that is none', { url: 'localhost:secret' }],
    ['a url with settings', { url: `${url}?keyPrefix=secret` }],
    ['an unknown option', { url, leaseMS: 5 } as RedisChannelOptions],
    ['a negative duration', { url, leaseMs: -1 }],
    ['no duration', { url, claimEveryMs: 0 }],
    ['a duration without end', { url, publishTimeoutMs: Infinity }],
    ['a duration that no timer can wait', { url, leaseMs: 2 ** 31 }],
    ['no partition at all', { url, partitions: 0 }],
    ['too many partitions', { url, partitions: 1_025 }],
    ['half a partition', { url, partitions: { orders: 1.5 } }],
    ['a duration that is no number', { url, commandTimeoutMs: '5' as unknown as number }],
    ['a size that is none', { url, maxWaitingBytes: NaN }],
    ['TLS that looks away', { url, options: { tls: { rejectUnauthorized: false } } }],
    ['sentinels over TLS that looks away', { options: { sentinels: [], sentinelTLS: { rejectUnauthorized: false } } }],
    [
      'a cluster over TLS that looks away',
      { cluster: { nodes: [], options: { redisOptions: { tls: { rejectUnauthorized: false } } } } },
    ],
    [
      'a client over TLS that looks away',
      { client: new Redis({ lazyConnect: true, tls: { rejectUnauthorized: false } }) },
    ],
  ])('are refused with %s, and never repeat a url', ([, options]) => {
    let error: unknown;
    try {
      redisChannel(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'EB_OPTIONS' });
    expect(String(error)).not.toContain('secret');
  });

  it('split the streams that they name, all of them, or none', () => {
    expect(redisSettings({ url }).partitionsOf).toBeUndefined();
    expect(redisSettings({ url, partitions: 16 }).partitionsOf?.('orders')).toBe(16);
    const { partitionsOf } = redisSettings({ url, partitions: { orders: 4 } });
    expect(['orders', 'invoices', 'constructor'].map((contract) => partitionsOf?.(contract))).toEqual([4, 1, 1]);
  });

  it('are refused with a prefix that is no name', () => {
    expect(() => redisSettings({ url, prefix: 'a:b' })).toThrow(expect.objectContaining({ code: 'EB_NAME' }));
  });
});
