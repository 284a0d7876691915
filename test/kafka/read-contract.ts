import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freshTopic, readAll, record, records, valuesOf, wholeOf, type MakeDriver } from './start-driver.js';

/** The part of the driver's contract that is about looking at topics and groups, whatever client is behind it. */
export function readContract(make: MakeDriver): void {
  describe('reading without a group', () => {
    it('gives exactly the ranges, ends by itself, and leaves no group behind', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 3);
      await driver.produce(topic, [...records(10, 0), ...records(10, 1)], 5_000);
      const ranges = [
        { partition: 0, from: 2n, to: 5n },
        { partition: 1, from: 8n, to: 1_000n },
        { partition: 2, from: 0n, to: 5n },
      ];
      const all = await readAll(driver.read(topic, ranges));
      const of = (partition: number) =>
        all.filter((one) => one.partition === partition).map(({ offset }) => Number(offset));
      expect([of(0), of(1), of(2)]).toEqual([[2, 3, 4], [8, 9], []]);
      expect(await readAll(driver.read(topic, [{ partition: 0, from: 5n, to: 5n }]))).toEqual([]);
    });

    it('can be left at any time, and read at leisure', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      for (let round = 0; round < 3; round += 1) await driver.produce(topic, records(5), 5_000);
      for await (const batch of driver.read(topic, await wholeOf(driver, topic))) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      expect(await valuesOf(driver, topic)).toHaveLength(15);
    });
  });

  describe('what is asked of topics and groups', () => {
    it('makes a topic once and says what it is like', async () => {
      const driver = make();
      const topic = `t-${randomUUID()}`;
      expect(await driver.topic(topic)).toBeUndefined();
      const wanted = { topic, partitions: 3, config: { 'retention.ms': '123456' } };
      expect(await driver.createTopic(wanted)).toBe(true);
      expect(await driver.createTopic(wanted)).toBe(false);
      const found = await driver.topic(topic);
      expect(found).toMatchObject({ partitions: 3, replicationFactor: 1 });
      expect(found?.config.get('retention.ms')).toBe('123456');
    });

    it('tells how far partitions reach, by offset and by time, and removes records', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 2);
      const at = (timestamp: number) => ({ ...record('x', 1), timestamp });
      await driver.produce(topic, [at(1_000), at(2_000), at(3_000)], 5_000);
      expect(await driver.offsetsAt(topic, 1_500)).toEqual([
        { partition: 0, offset: 0n },
        { partition: 1, offset: 1n },
      ]);
      await driver.deleteRecords(topic, [{ partition: 1, offset: 2n }]);
      expect(await driver.watermarks(topic)).toEqual([
        { partition: 0, low: 0n, high: 0n },
        { partition: 1, low: 2n, high: 3n },
      ]);
      expect(await driver.offsetsAt(topic, 9_000)).toContainEqual({ partition: 1, offset: 3n });
      const left = await readAll(driver.read(topic, [{ partition: 1, from: 0n, to: 3n }]));
      expect(left.map(({ offset }) => offset)).toEqual([2n]);
      expect(await driver.committed(topic, 'no-such-group')).toEqual([]);
      expect(await driver.group('no-such-group')).toEqual({ members: [] });
    });
  });
}
