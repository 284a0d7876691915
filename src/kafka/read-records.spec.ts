import { describe, expect, it } from 'vitest';
import type { KafkaDriver, StoredRecord } from './kafka-driver.js';
import { KafkaCallError } from './kafka-failure.js';
import { readRecords } from './read-records.js';

const RANGES = [{ partition: 0, from: 3n, to: 6n }];

describe('reading ranges of records', () => {
  it('goes on behind what it has when a broker refuses for now, and gives nothing twice', async () => {
    const asked: bigint[] = [];
    const driver = driverThat(async function* (from) {
      asked.push(from);
      yield [record(from)];
      await Promise.resolve();
      if (asked.length < 3) throw new KafkaCallError('refused', 'not yet');
    });
    expect(await offsetsOf(driver)).toEqual([3n, 4n, 5n]);
    expect(asked).toEqual([3n, 4n, 5n]);
  });

  it('fails at once with what no second try can help', async () => {
    let tries = 0;
    const driver = driverThat(async function* () {
      tries += 1;
      yield await Promise.resolve([]);
      throw new KafkaCallError('auth', 'no rights');
    });
    await expect(offsetsOf(driver)).rejects.toThrow('no rights');
    expect(tries).toBe(1);
  });
});

function driverThat(read: (from: bigint) => AsyncIterable<readonly StoredRecord[]>): KafkaDriver {
  const driver: Pick<KafkaDriver, 'read'> = { read: (_, [range]) => read(range?.from ?? 0n) };
  return driver as KafkaDriver;
}

async function offsetsOf(driver: KafkaDriver): Promise<readonly bigint[]> {
  const offsets: bigint[] = [];
  for await (const records of readRecords(driver, 'topic', RANGES))
    offsets.push(...records.map(({ offset }) => offset));
  return offsets;
}

function record(offset: bigint): StoredRecord {
  return { partition: 0, offset, timestamp: 1, key: null, value: Buffer.from('{}'), headers: {} };
}
