import { randomUUID } from 'node:crypto';
import { openGroup } from 'nest-event-backbone/bridge';
import type { Channel, Subscription } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { migrate, Migration } from './migration.js';

const url = inject('redisUrl');

function redis(options: { readonly partitions?: number } = {}): Channel {
  const channel = redisChannel({ url, prefix: `m-${randomUUID()}`, ...options });
  onTestFinished(() => channel.close());
  return channel;
}

describe.skipIf(url === '')('a stream that moves while it is in use', () => {
  it('from one partition to several loses nothing, and keeps the order of each key', { timeout: 180_000 }, async () => {
    const { migration, heldMs } = await migrate(redis(), redis({ partitions: 3 }));
    const { seen, there, copies } = await migration.reports(['app', 'audit']);
    expect(seen.failures).toEqual([]);
    expect(there.failures).toEqual([]);
    expect(seen.redeliveries).toBe(0);
    const { relayed, duplicates } = migration.bridge.state;
    expect(copies).toBe(relayed - duplicates);
    console.log(`producers were held for ${Math.round(heldMs)} ms, ${seen.appended} events`);
  });
});

describe('a group that is opened', () => {
  it('begins behind what is there, and is handed what comes before its consumers; again it is opened if nothing is left', async () => {
    const channel = memoryChannel();
    const migration = new Migration(channel, memoryChannel());
    await migration.append('key-1', 1);
    await openGroup(channel, migration.stream, 'app');
    await openGroup(channel, migration.stream, 'app');
    await migration.append('key-1', 2);
    await expect(openGroup(channel, migration.stream, 'app')).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    migration.consume('old');
    await migration.drained('old');
    const handed = migration.history.records.filter(({ kind }) => kind === 'delivery');
    expect(handed).toMatchObject([{ eventId: 'key-1-2' }]);
  });
});

describe('a group that cannot be opened', () => {
  it('is given up with the signal', async () => {
    const channel: Channel = Object.create(memoryChannel(), {
      subscribe: { value: () => waiting() },
    }) as Channel;
    const stream = { environment: 'test', contract: 'meter' };
    const stop = new AbortController();
    const opening = openGroup(channel, stream, 'app', stop.signal);
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: 'EB_STOPPING' });
    await expect(openGroup(channel, stream, 'app', stop.signal)).rejects.toMatchObject({ code: 'EB_STOPPING' });
  });
});

/** A subscription to a server that is away for good. */
function waiting(): Subscription {
  let leave: (result: IteratorReturnResult<undefined>) => void = () => undefined;
  const end = { done: true, value: undefined } as const;
  const nothing = Promise.resolve([]);
  return {
    settle: () => nothing,
    record: () => Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => (leave = resolve)),
      return: () => {
        leave(end);
        return Promise.resolve(end);
      },
    }),
  };
}

describe('a stream that moves in another way', () => {
  const audited = async (migration: Migration) => (await migration.reports(['audit'])).seen;

  it('stands in the wrong order when producers turn before everything was copied', async () => {
    const migration = new Migration(memoryChannel(), memoryChannel());
    await migration.append('key-1', 1);
    migration.turnAtOnce();
    await migration.append('key-1', 2);
    migration.consume('new', 'audit');
    migration.bridge.start();
    await vi.waitUntil(() => migration.bridge.state.relayed === 1);
    await migration.drained('new', 'audit');
    const { misordered } = await audited(migration);
    expect(misordered).toMatchObject([{ first: 'key-1-2', second: 'key-1-1' }]);
  });

  it('is handled twice when its consumers begin anew', async () => {
    const migration = new Migration(memoryChannel(), memoryChannel());
    const leave = migration.consume('old');
    await migration.append('key-1', 1);
    await migration.drained('old');
    await leave();
    migration.bridge.start();
    migration.consume('new');
    await vi.waitUntil(() => migration.handled === 2);
    const { seen } = await migration.reports(['app']);
    expect(seen).toMatchObject({ redeliveries: 1, lost: [] });
  });

  it('is handled in part when its consumers begin at the end, but later than its producers', async () => {
    const migration = new Migration(memoryChannel(), memoryChannel());
    migration.bridge.start();
    migration.turnAtOnce();
    await migration.append('key-1', 1);
    await migration.turn();
    await migration.append('key-1', 2);
    migration.consume('new');
    await migration.drained('new');
    expect((await migration.reports(['app'])).seen.lost).toEqual([{ eventId: 'key-1-1', group: 'app' }]);
  });
});
