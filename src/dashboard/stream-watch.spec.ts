import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackboneError, type Channel, type Stream } from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { Connection } from '../nest/connection.js';
import { KnownStreams, type KnownStream } from './known-streams.js';
import { StreamWatch } from './stream-watch.js';

const MANY = 1_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** A watch over so many streams of one memory channel, and what its server is asked about, in order. */
function watchOver(count: number, isAway: (contract: string) => boolean = () => false) {
  const channel = memoryChannel();
  const asked: string[] = [];
  const extent = channel.admin.extent.bind(channel.admin);
  Object.assign(channel.admin, {
    extent: (stream: Stream) => {
      asked.push(stream.contract);
      if (isAway(stream.contract)) return Promise.reject(new BackboneError('EB_CHANNEL', 'no server'));
      return extent(stream);
    },
  });
  const of = { label: 'default', connection: connectionTo(channel), host: undefined, projections: undefined };
  const streams = Array.from({ length: count }, (_, i): KnownStream => {
    const stream = { environment: 'test', contract: `stream-${i}` };
    return { id: stream.contract, of, stream, contracts: [] };
  });
  const known = Object.create(KnownStreams.prototype, { all: { value: streams } }) as KnownStreams;
  return { watch: new StreamWatch(known), asked, channel };
}

function connectionTo(channel: Channel): Connection {
  return Object.create(Connection.prototype, { channel: { value: channel } }) as Connection;
}

const nobody = { wanted: [], changed: () => undefined };

describe('the watch over streams', () => {
  it('asks about ten streams a second, however many there are, and comes to all of them', async () => {
    const { watch, asked } = watchOver(MANY);
    watch.watch(nobody);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBeLessThanOrEqual(110);
    await vi.advanceTimersByTimeAsync(95_000);
    expect(new Set(asked).size).toBe(MANY);
  });

  it('asks every two seconds about what is on a screen, also among a thousand', async () => {
    const { watch, asked } = watchOver(MANY);
    watch.watch({ ...nobody, wanted: ['stream-999'] });
    await vi.advanceTimersByTimeAsync(20_000);
    const count = asked.filter((contract) => contract === 'stream-999').length;
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThanOrEqual(11);
  });

  it('asks nothing once nobody watches any more', async () => {
    const { watch, asked } = watchOver(5);
    const leave = [watch.watch({ ...nobody }), watch.watch({ ...nobody })];
    await vi.advanceTimersByTimeAsync(5_000);
    leave[0]?.();
    const before = asked.length;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.length).toBeGreaterThan(before);
    leave[1]?.();
    const after = asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(after);
    watch.touch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBeGreaterThan(after);
    const touched = asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(touched);
  });

  it('asks a server that is away about one stream at a time, and goes on when it is back', async () => {
    let isAway = true;
    const { watch, asked } = watchOver(100, () => isAway);
    watch.watch(nobody);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watch.away).toMatchObject([{ connection: 'default', reason: 'EB_CHANNEL: no server' }]);
    const before = asked.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked.length - before).toBeLessThanOrEqual(11);
    isAway = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(watch.away).toEqual([]);
    expect(watch.records.every(({ seenAt }) => seenAt > 0)).toBe(true);
  });

  it('does not take a server for away that fails for one stream only', async () => {
    const { watch } = watchOver(5, (contract) => contract === 'stream-3');
    watch.watch(nobody);
    for (let i = 0; i < 20; i += 1) {
      await vi.advanceTimersByTimeAsync(500);
      expect(watch.away).toEqual([]);
    }
    expect(watch.records.filter(({ seenAt }) => seenAt > 0)).toHaveLength(4);
  });

  it('gives up waiting for a server that never answers, and says so', async () => {
    const { watch, channel } = watchOver(1);
    Object.assign(channel.admin, { groups: () => new Promise(() => undefined) });
    watch.watch(nobody);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(watch.away).toMatchObject([{ reason: expect.stringContaining('EB_TIMEOUT') as string }]);
  });

  it('tells how much is appended each second, over the looks', async () => {
    const { watch, channel } = watchOver(1);
    watch.watch(nobody);
    const [record] = watch.records;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(record?.summary).toMatchObject({ rate: null, rates: [] });
    const message = (id: string) => ({
      ...{ id, source: 'test', type: 'happened.v1', time: 0, key: id, correlationId: id },
      ...{ contentType: 'application/json', headers: {}, fields: {}, personal: [] },
    });
    await channel.publish({ environment: 'test', contract: 'stream-0' }, ['1', '2', '3', '4'].map(message));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(record?.summary).toMatchObject({ rate: 2, rates: [2], events: 4 });
  });
});
