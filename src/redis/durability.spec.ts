import { Cluster } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { fsynced, replicated, type CheckedDurability, type Durability } from './durability.js';
import { redisSettings, type RedisChannelOptions } from './redis-options.js';

const url = 'redis://localhost';
const cluster = { nodes: [{ host: 'localhost' }] };

describe('the durability of appends', () => {
  it.for<[string, Durability | undefined, CheckedDurability]>([
    ['nothing', undefined, 'memory'],
    ['memory', 'memory', 'memory'],
    ['aof', 'aof', 'aof'],
    ['replicated', replicated({ min: 2 }), { kind: 'replicated', min: 2, timeoutMs: 1_000 }],
    ['replicated with a time', replicated({ min: 1, timeoutMs: 5 }), { kind: 'replicated', min: 1, timeoutMs: 5 }],
    ['fsynced', fsynced(), { kind: 'fsynced', local: true, replicas: 0, timeoutMs: 1_000 }],
    [
      'fsynced on replicas',
      fsynced({ local: false, replicas: 1 }),
      { kind: 'fsynced', local: false, replicas: 1, timeoutMs: 1_000 },
    ],
  ])('may be %s', ([, durability, checked]) => {
    expect(redisSettings({ url, durability }).durability).toEqual(checked);
  });

  it('waits by default no longer than an append may take', () => {
    const { durability } = redisSettings({ url, publishTimeoutMs: 200.5, durability: replicated({ min: 1 }) });
    expect(durability).toMatchObject({ timeoutMs: 200 });
  });

  it.for<[string, unknown]>([
    ['another word', 'disk'],
    ['null', null],
    ['a number', 1],
    ['an object of another kind', { kind: 'memory' }],
    ['no replica', replicated({ min: 0 })],
    ['half a replica', replicated({ min: 1.5 })],
    ['replicas that are not counted', replicated({ min: '1' as unknown as number })],
    ['no number of replicas', replicated({} as { min: number })],
    ['more replicas than anyone has', replicated({ min: 100_000 })],
    ['no time to wait, which the server takes for ever', replicated({ min: 1, timeoutMs: 0 })],
    ['more time than an append has', replicated({ min: 1, timeoutMs: 10_001 })],
    ['a misspelled setting', replicated({ min: 1, timeout: 5 } as { min: number })],
    ['no disk at all', fsynced({ local: false })],
    ['a disk that is no boolean', fsynced({ local: 1 as unknown as boolean })],
    ['fewer disks than none', fsynced({ replicas: -1 })],
    ['a setting of the other kind', fsynced({ min: 1 } as object)],
  ])('is refused when it is %s', ([, durability]) => {
    expect(() => redisSettings({ url, durability: durability as Durability })).toThrow(
      expect.objectContaining({ code: 'EB_OPTIONS', details: { path: 'durability' } }),
    );
  });

  it.for<[string, () => RedisChannelOptions]>([
    ['named by its nodes', () => ({ cluster })],
    ['given as a client', () => ({ client: new Cluster(cluster.nodes, { lazyConnect: true }) })],
  ])('cannot be waited for on a cluster %s', ([, how]) => {
    for (const durability of [replicated({ min: 1 }), fsynced()]) {
      expect(() => redisSettings({ ...how(), durability })).toThrow(expect.objectContaining({ code: 'EB_OPTIONS' }));
    }
    expect(redisSettings({ ...how(), durability: 'aof' }).durability).toBe('aof');
  });
});
