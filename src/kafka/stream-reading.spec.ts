import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '../core/index.js';
import type { KafkaDriver } from './kafka-driver.js';
import { readStream } from './stream-reading.js';

type Range = Parameters<KafkaDriver['read']>[1][number];

const stream = { environment: 'test', contract: 'orders' };

/** Which ranges of a topic with two partitions a read asks the driver for. */
async function rangesOf(
  options: Partial<ReadOptions>,
  found: readonly bigint[] = [40n, 7n],
): Promise<readonly Range[]> {
  const asked: Range[] = [];
  const driver: Partial<KafkaDriver> = {
    watermarks: () =>
      Promise.resolve([
        { partition: 0, low: 10n, high: 100n },
        { partition: 1, low: 0n, high: 20n },
      ]),
    ends: () =>
      Promise.resolve([
        { partition: 0, offset: 110n },
        { partition: 1, offset: 20n },
      ]),
    offsetsAt: (_, timestamp) =>
      Promise.resolve(timestamp === 5_000 ? found.map((offset, partition) => ({ partition, offset })) : []),
    async *read(_, ranges) {
      asked.push(...ranges);
      yield await Promise.resolve([]);
    },
  };
  const input = { driver: driver as KafkaDriver, exists: () => Promise.resolve(true), fill: () => Promise.resolve() };
  for await (const events of readStream(input, { stream, ...options })) expect(events).toEqual([]);
  return asked;
}

describe('a read of a topic', () => {
  it('begins with the first record of a time in each partition, and reads nothing of what lies before', async () => {
    expect(await rangesOf({})).toEqual([
      { partition: 0, from: 10n, to: 100n },
      { partition: 1, from: 0n, to: 20n },
    ]);
    expect(await rangesOf({ fromMs: 4_999.5 })).toEqual([
      { partition: 0, from: 40n, to: 100n },
      { partition: 1, from: 7n, to: 20n },
    ]);
    expect(await rangesOf({ fromMs: 5_000 }, [100n, 20n])).toEqual([]);
  });

  it('begins where both a time and a position let it', async () => {
    const after = [{ partition: 0, id: '60' }];
    expect(await rangesOf({ fromMs: 5_000, after })).toEqual([
      { partition: 0, from: 61n, to: 100n },
      { partition: 1, from: 7n, to: 20n },
    ]);
  });

  it('refuses positions behind the end, but not those that an open transaction hides', async () => {
    expect(await rangesOf({ after: [{ partition: 0, id: '109' }], until: [{ partition: 0, id: '105' }] })).toEqual([]);
    for (const position of [
      { partition: 0, id: '110' },
      { partition: 1, id: '20' },
      { partition: 2, id: '5' },
    ]) {
      await expect(rangesOf({ after: [position] })).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
      await expect(rangesOf({ until: [position] })).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    }
    // One event is asked for: there is none.
    expect(await rangesOf({ after: [{ partition: 1, id: '19' }], until: [{ partition: 1, id: '20' }] })).toEqual([]);
  });
});
