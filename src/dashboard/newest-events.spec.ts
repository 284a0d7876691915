import { describe, expect, it } from 'vitest';
import type { Channel, Message, Stream } from '../core/index.js';
import { StreamHistory } from '../history/stream-history.js';
import { memoryChannel } from '../memory/index.js';
import { newestEvents, type NewestQuery, type Place } from './newest-events.js';

const stream: Stream = { environment: 'test', contract: 'newest' };

/** A stream whose events were stored at these times, and a query for all of it. */
async function stored(times: readonly number[]): Promise<{ readonly channel: Channel; readonly query: NewestQuery }> {
  let now = 0;
  const channel = memoryChannel({ now: () => now });
  for (const [i, time] of times.entries()) {
    now = time;
    await channel.publish(stream, [message(i)]);
  }
  const firstAt = async () => Math.min(...times);
  const query = { wanted: {}, fromMs: 0, untilMs: Infinity, limit: 10, timeMs: 60_000, mostAtOnce: 1_000, firstAt };
  return { channel, query: { ...query, untilMs: Math.max(...times) + 1 } };
}

function message(i: number): Message {
  return {
    ...{ id: `id-${i}`, source: 'test', type: 'happened.v1', time: 0, key: `key-${i}`, correlationId: `id-${i}` },
    ...{ contentType: 'application/json', headers: {}, fields: {}, personal: [] },
  };
}

/** Turns page after page; returns what each held. */
async function pages(channel: Channel, query: NewestQuery): Promise<string[][]> {
  const history = new StreamHistory(channel, stream);
  const found: string[][] = [];
  let before: Place | undefined;
  do {
    const { events, older } = await newestEvents(history, { ...query, before });
    found.push(events.map((event) => event.message?.key ?? ''));
    before = older;
  } while (before);
  return found;
}

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `key-${count - 1 - i}`);
}

describe('looking for the newest events', () => {
  it('finds each once, in order, when thousands were stored in one millisecond', async () => {
    const { channel, query } = await stored(Array.from({ length: 3_000 }, (_, i) => (i < 20 ? i : 1_000_000)));
    const found = await pages(channel, { ...query, limit: 700, mostAtOnce: 100 });
    expect(found.flat()).toEqual(keys(3_000));
    expect(found.map(({ length }) => length)).toEqual([700, 700, 700, 700, 200]);
  });

  it('holds no more at once than it may', async () => {
    const times = Array.from({ length: 5_000 }, (_, i) => i);
    const { channel, query } = await stored(times);
    let most = 0;
    const history = new StreamHistory(channel, stream);
    const counting = Object.assign(Object.create(history) as StreamHistory, {
      async *read(...args: Parameters<StreamHistory['read']>) {
        let held = 0;
        for await (const batch of history.read(...args)) {
          held += batch.length;
          most = Math.max(most, held);
          yield batch;
        }
      },
    });
    const { events } = await newestEvents(counting, { ...query, limit: 50, mostAtOnce: 200 });
    expect(events.map((event) => event.message?.key)).toEqual(keys(5_000).slice(0, 50));
    expect(most).toBeLessThanOrEqual(400);
  });

  it('comes over long silences', async () => {
    const years = Array.from({ length: 20 }, (_, i) => Date.UTC(1990 + i, 5, 1));
    const { channel, query } = await stored(years);
    expect((await pages(channel, query)).flat()).toEqual(keys(20));
  });

  it('ends when its time is over, says so, and goes on from there', async () => {
    const { channel, query } = await stored(Array.from({ length: 40 }, (_, i) => i * 86_400_000));
    const history = new StreamHistory(channel, stream);
    const first = await newestEvents(history, { ...query, limit: 100, timeMs: 0 });
    expect(first.incomplete).toBe(true);
    expect(first.events.length).toBeLessThan(40);
    expect((await pages(channel, { ...query, limit: 100, timeMs: 0 })).flat()).toEqual(keys(40));
  });

  it('keeps to the times and to the place behind which it looks', async () => {
    const { channel, query } = await stored([10, 20, 20, 20, 30]);
    const history = new StreamHistory(channel, stream);
    const found = async (more: Partial<NewestQuery>) =>
      (await newestEvents(history, { ...query, ...more })).events.map(({ position }) => position.id);
    expect(await found({ fromMs: 20, untilMs: 30 })).toEqual(['4', '3', '2']);
    expect(await found({ after: { ms: 20, position: { partition: 0, id: '3' } } })).toEqual(['5', '4']);
    expect(await found({ before: { ms: 20, position: { partition: 0, id: '3' } } })).toEqual(['2', '1']);
    expect(await found({ before: { ms: 20 } })).toEqual(['1']);
    expect(await found({ isWanted: ({ position }) => position.id === '2' })).toEqual(['2']);
  });
});
