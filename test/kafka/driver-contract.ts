import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { kafkaFailure } from '../../src/kafka/kafka-failure.js';
import { readRecords } from '../../src/kafka/read-records.js';
import { readContract } from './read-contract.js';
import {
  freshTopic,
  Heard,
  QUICK,
  readAll,
  record,
  records,
  valuesOf,
  wholeOf,
  type MakeDriver,
} from './start-driver.js';

/** What the channel may rely on, whatever client is behind the driver. */
export function driverContract(make: MakeDriver): void {
  describe('appending', () => {
    it('gives each record its offset, in the order of the calls', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 2);
      const calls = Array.from({ length: 50 }, (_, index) =>
        driver.produce(topic, [record(`a${index}`, index % 2), record(`b${index}`, 1)], 5_000),
      );
      const offsets = (await Promise.all(calls)).flat();
      const all = await readAll(readRecords(driver, topic, await wholeOf(driver, topic)));
      const sent = Array.from({ length: 50 }, (_, index) => [
        { partition: index % 2, value: `a${index}` },
        { partition: 1, value: `b${index}` },
      ]).flat();
      for (const partition of [0, 1]) {
        const own = all.filter((one) => one.partition === partition);
        expect(own.map(({ value }) => String(value))).toEqual(
          sent.filter((one) => one.partition === partition).map(({ value }) => value),
        );
        expect(own.map(({ offset }) => offset)).toEqual(
          offsets.filter((_, index) => sent[index]?.partition === partition),
        );
      }
    });

    it('keeps key, value, headers and time as they are', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      const bytes = Buffer.from([0, 255, 254]);
      const sent = { partition: 0, key: bytes, value: bytes, headers: { raw: bytes, empty: Buffer.alloc(0) } };
      await driver.produce(
        topic,
        [
          { ...sent, timestamp: 1_700_000_000_123 },
          { ...sent, key: null, value: null },
        ],
        5_000,
      );
      const [one, other] = await readAll(readRecords(driver, topic, await wholeOf(driver, topic)));
      expect(one).toMatchObject({ ...sent, timestamp: 1_700_000_000_123, offset: 0n });
      expect(other).toMatchObject({ key: null, value: null, offset: 1n });
    });

    it('refuses a partition that is not there, and the calls beside it do not suffer', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      const [good, bad, alsoGood] = await Promise.allSettled([
        driver.produce(topic, [record('one')], 5_000),
        driver.produce(topic, [record('nowhere', 7)], 5_000),
        driver.produce(topic, [record('two')], 5_000),
      ]);
      expect([good.status, bad.status, alsoGood.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await valuesOf(driver, topic)).toEqual(['one', 'two']);
    });

    it('refuses a record that is too large, quotes nothing of it, and goes on', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 1, { 'max.message.bytes': '2000' });
      const secret = 'secret'.repeat(1_000);
      const [good, bad] = await Promise.allSettled([
        driver.produce(topic, [record('one')], 5_000),
        driver.produce(topic, [record(secret)], 5_000),
      ]);
      expect(good.status).toBe('fulfilled');
      const error = bad.status === 'rejected' ? (bad.reason as Error) : undefined;
      expect(kafkaFailure(error)).toBe('tooLarge');
      expect(`${error?.stack ?? ''}${JSON.stringify(error)}`).not.toContain('secret');
      await driver.produce(topic, [record('two')], 5_000);
      expect(await valuesOf(driver, topic)).toEqual(['one', 'two']);
    });

    it('says that there is no such topic', async () => {
      const error: unknown = await make()
        .produce(`none-${randomUUID()}`, [record('x')], 8_000)
        .catch((reason: unknown) => reason);
      expect(kafkaFailure(error)).toBe('noTopic');
    });

    it('compresses where it is asked to', async () => {
      const driver = make({ compression: 'gzip' });
      const topic = await freshTopic(driver);
      await driver.produce(topic, records(20), 5_000);
      expect(await valuesOf(driver, topic)).toEqual(records(20).map(({ value }) => String(value)));
    });
  });

  describe('a member', () => {
    it('reads from where it is told, commits, and goes on there after it left', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      await driver.produce(topic, records(10), 5_000);
      const groupId = randomUUID();
      const first = new Heard(driver, topic, groupId);
      const member = driver.join(topic, groupId, first);
      await vi.waitFor(() => expect(first.values).toHaveLength(10), 10_000);
      await member.commit([{ partition: 0, offset: 4n }]);
      await member.close(5_000);
      expect(await driver.committed(topic, groupId)).toEqual([{ partition: 0, offset: 4n }]);
      expect(first.told.slice(-3)).toEqual(['revoked', 'assigned 0', 'revoked']);
      expect(await driver.group(groupId)).toEqual({ members: [] });
      const second = new Heard(driver, topic, groupId);
      const again = driver.join(topic, groupId, second);
      await vi.waitFor(() => expect(second.values).toEqual(['4', '5', '6', '7', '8', '9']), 10_000);
      await again.close(5_000);
      await expect(again.commit([{ partition: 0, offset: 9n }])).rejects.toThrow();
    });

    it('reads nothing before the answer to where to begin, and begins there', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      await driver.produce(topic, records(6), 5_000);
      const groupId = randomUUID();
      let isAnswered = false;
      let wasEarly = false;
      const heard = new Heard(driver, topic, groupId, {
        assigned: async (partitions) => {
          // As long as it takes to read everything.
          expect(await valuesOf(driver, topic)).toHaveLength(6);
          isAnswered = true;
          return partitions.map((partition) => ({ partition, offset: 3n }));
        },
        records: () => {
          wasEarly ||= !isAnswered;
          return Promise.resolve();
        },
      });
      const member = driver.join(topic, groupId, heard);
      await vi.waitFor(() => expect(heard.values).toEqual(['3', '4', '5']), 10_000);
      expect(wasEarly).toBe(false);
      await member.close(5_000);
    });

    it('holds a partition back while it is paused, and reads again from where it is told', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 2);
      const groupId = randomUUID();
      const heard = new Heard(driver, topic, groupId);
      const member = driver.join(topic, groupId, heard);
      await vi.waitFor(() => expect(heard.owned.size).toBe(2), 10_000);
      member.pause(0);
      await driver.produce(topic, [record('held', 0), record('free', 1)], 5_000);
      await vi.waitFor(() => expect(heard.values).toContain('free'), 10_000);
      await driver.produce(topic, [record('later', 1)], 5_000);
      await vi.waitFor(() => expect(heard.values).toEqual(['free', 'later']), 10_000);
      member.resume(0);
      await vi.waitFor(() => expect(heard.values).toEqual(['free', 'later', 'held']), 10_000);
      member.seek(1, 0n);
      await vi.waitFor(() => expect(heard.values).toEqual(['free', 'later', 'held', 'free', 'later']), 10_000);
    });

    it('stays a member while what was read is not taken, three times as long as its session', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      await driver.produce(topic, [record('slow')], 5_000);
      const groupId = randomUUID();
      // The time is what is tested.
      const until = performance.now() + 3 * QUICK.sessionTimeoutMs;
      const heard = new Heard(driver, topic, groupId, {
        records: () => new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now()))),
      });
      const member = driver.join(topic, groupId, heard);
      await vi.waitFor(() => expect(heard.values).toEqual(['slow']), 10_000);
      await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(until), 10_000);
      await driver.produce(topic, [record('next')], 5_000);
      await vi.waitFor(() => expect(heard.values).toEqual(['slow', 'next']), 5_000);
      await member.commit([{ partition: 0, offset: 2n }]);
      expect(heard.joins).toBe(1);
    });

    it('shares the partitions, and the rest takes over when one leaves', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 4);
      const groupId = randomUUID();
      const [one, other] = [new Heard(driver, topic, groupId), new Heard(driver, topic, groupId)];
      driver.join(topic, groupId, one);
      await vi.waitFor(() => expect(one.owned.size).toBe(4), 10_000);
      const leaving = driver.join(topic, groupId, other);
      await vi.waitFor(() => expect([one.owned.size, other.owned.size]).toEqual([2, 2]), 10_000);
      expect(new Set([...one.owned, ...other.owned]).size).toBe(4);
      await leaving.close(5_000);
      await vi.waitFor(() => expect(one.owned.size).toBe(4), 10_000);
    });

    it('finishes and commits what it has in hand before another one gets the partition', async () => {
      const driver = make();
      const topic = await freshTopic(driver, 2);
      const groupId = randomUUID();
      await driver.produce(topic, [record('a', 0), record('b', 1)], 5_000);
      const happened: string[] = [];
      const one: Heard = new Heard(driver, topic, groupId, {
        records: (_, [first]) => {
          one.busy = true;
          happened.push(`begins ${String(first?.value)}`);
          return Promise.resolve();
        },
        revoking: async () => {
          // The time is what is tested: longer than its session.
          await new Promise((resolve) => setTimeout(resolve, 1.5 * QUICK.sessionTimeoutMs));
          await member.commit([0, 1].map((partition) => ({ partition, offset: 1n })));
          happened.push('committed');
          one.busy = false;
        },
      });
      const member = driver.join(topic, groupId, one);
      await vi.waitFor(() => expect(happened).toHaveLength(2), 10_000);
      const other = new Heard(driver, topic, groupId);
      driver.join(topic, groupId, other);
      await vi.waitFor(() => expect(other.told).toContain('revoked'), 10_000);
      await vi.waitFor(() => expect([one.owned.size, other.owned.size]).toEqual([1, 1]), 10_000);
      // Which partition is read first is nobody's promise.
      expect([...happened.slice(0, 2).sort(), ...happened.slice(2)]).toEqual(['begins a', 'begins b', 'committed']);
      expect(one.failures).toEqual([]);
      await driver.produce(topic, [record('c', 0), record('d', 1)], 5_000);
      await vi.waitFor(() => expect([...one.values, ...other.values].toSorted()).toEqual(['a', 'b', 'c', 'd']), 10_000);
    });

    it('that does not say that it is busy is not waited for, and what it has in hand is handled twice', async () => {
      const driver = make();
      const topic = await freshTopic(driver);
      const groupId = randomUUID();
      await driver.produce(topic, [record('a')], 5_000);
      const one = new Heard(driver, topic, groupId);
      const member = driver.join(topic, groupId, one);
      await vi.waitFor(() => expect(one.values).toEqual(['a']), 10_000);
      const other = new Heard(driver, topic, groupId);
      driver.join(topic, groupId, other);
      await vi.waitFor(() => expect([...one.values, ...other.values]).toEqual(['a', 'a']), 10_000);
      expect(one.told).not.toContain('revoking');
      await member.close(5_000);
    });

    it('gives up what it has in hand when it takes longer than the group waits', async () => {
      const driver = make({ rebalanceTimeoutMs: 2_500 });
      const topic = await freshTopic(driver);
      const groupId = randomUUID();
      await driver.produce(topic, [record('a')], 5_000);
      const one = new Heard(driver, topic, groupId, { revoking: () => new Promise(() => undefined) });
      driver.join(topic, groupId, one);
      await vi.waitFor(() => expect(one.values).toEqual(['a']), 10_000);
      one.busy = true;
      const other = new Heard(driver, topic, groupId);
      driver.join(topic, groupId, other);
      await vi.waitFor(() => expect(one.owned.size + other.owned.size).toBe(1), 10_000);
      await vi.waitFor(() => expect(one.joins + other.joins).toBeGreaterThanOrEqual(3), 10_000);
      expect(one.told.filter((what) => what === 'revoking')).toHaveLength(1);
    });
  });

  readContract(make);
}
