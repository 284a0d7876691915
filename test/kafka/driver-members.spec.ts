import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { brokers, freshTopic, hasKafka, Heard, openDriver, record, records } from './start-driver.js';

describe.skipIf(!hasKafka)('a member of a group that is in trouble', () => {
  it('that was thrown out may not commit, is told so, and begins again', async () => {
    const driver = openDriver();
    const topic = await freshTopic(driver);
    await driver.produce(topic, [record('a')], 5_000);
    const groupId = randomUUID();
    const heard = new Heard(driver, topic, groupId);
    const member = driver.join(topic, groupId, heard);
    await vi.waitFor(() => expect(heard.values).toEqual(['a']), 10_000);
    const before = heard.told.length;
    // The process stands still for longer than the session.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_000);
    await expect(member.commit([{ partition: 0, offset: 1n }])).rejects.toThrow();
    expect(heard.told[before]).toBe('revoked');
    await vi.waitFor(() => expect(heard.values).toEqual(['a', 'a']), 10_000);
    await member.commit([{ partition: 0, offset: 1n }]);
    expect(await driver.committed(topic, groupId)).toEqual([{ partition: 0, offset: 1n }]);
  });

  it('that is killed loses its partitions to the others, which begin at its last commit', async () => {
    const driver = openDriver();
    const topic = await freshTopic(driver, 2);
    await driver.produce(topic, [...records(5, 0), ...records(5, 1)], 5_000);
    const groupId = randomUUID();
    const other = spawn(process.execPath, ['-e', FOREIGN_MEMBER, brokers[0] ?? '', topic, groupId]);
    onTestFinished(() => void other.kill('SIGKILL'));
    let said = '';
    other.stdout.on('data', (text) => (said += String(text)));
    await vi.waitFor(() => expect(said).toContain('committed'), 15_000);
    const heard = new Heard(driver, topic, groupId);
    driver.join(topic, groupId, heard);
    other.kill('SIGKILL');
    await once(other, 'exit');
    await vi.waitFor(() => expect(heard.owned.size).toBe(2), 15_000);
    await vi.waitFor(() => expect(heard.values).toHaveLength(6), 10_000);
    expect(new Set(heard.values)).toEqual(new Set(['2', '3', '4']));
  });

  it('whose listener fails is told of it, and joins again', async () => {
    const driver = openDriver();
    const topic = await freshTopic(driver);
    await driver.produce(topic, [record('a')], 5_000);
    const groupId = randomUUID();
    let isBroken = true;
    const heard = new Heard(driver, topic, groupId, {
      records: async () => {
        if (isBroken) throw new TypeError('a bug');
      },
      failed: () => (isBroken = false),
    });
    driver.join(topic, groupId, heard);
    await vi.waitFor(() => expect(heard.values).toEqual(['a', 'a']), 10_000);
    expect(heard.failures).toEqual([new TypeError('a bug')]);
  });

  it('of a topic that is not there keeps trying, with growing pauses, and can be closed', async () => {
    const driver = openDriver();
    const topic = `late-${randomUUID()}`;
    const groupId = randomUUID();
    const heard = new Heard(driver, topic, groupId);
    const member = driver.join(topic, groupId, heard);
    await vi.waitFor(() => expect(heard.failures.length).toBeGreaterThanOrEqual(2), 15_000);
    await driver.createTopic({ topic, partitions: 1 });
    await vi.waitFor(() => expect(heard.owned.size).toBe(1), 15_000);
    await Promise.all([member.close(5_000), member.close(5_000)]);
    const never = driver.join(`never-${randomUUID()}`, groupId, heard);
    await never.close(1_000);
  });

  it('whose records are gone below it stops before the group is moved, and asks again where to begin', async () => {
    const driver = openDriver();
    const topic = await freshTopic(driver);
    await driver.produce(topic, records(10), 5_000);
    await driver.deleteRecords(topic, [{ partition: 0, offset: 6n }]);
    const groupId = randomUUID();
    const heard: Heard = new Heard(driver, topic, groupId, {
      assigned: async () => [{ partition: 0, offset: heard.joins === 1 ? 2n : 6n }],
    });
    driver.join(topic, groupId, heard);
    await vi.waitFor(() => expect(heard.values).toEqual(['6', '7', '8', '9']), 15_000);
    expect(heard.failures).toHaveLength(1);
    expect(String(heard.failures[0])).toContain('gone');
    expect(await driver.committed(topic, groupId)).toEqual([]);
  });

  it('keeps what it has in hand when others come, and everything it has while they go', async () => {
    const driver = openDriver();
    const topic = await freshTopic(driver, 6);
    const groupId = randomUUID();
    const join = () => {
      const heard = new Heard(driver, topic, groupId);
      return { heard, member: driver.join(topic, groupId, heard) };
    };
    const old = join().heard;
    await vi.waitFor(() => expect(old.owned.size).toBe(6), 10_000);
    old.handling = [1, 4, 5];
    const guest = join();
    await vi.waitFor(() => expect(guest.heard.owned.size).toBe(3), 15_000);
    await vi.waitFor(() => expect([...old.owned]).toEqual([1, 4, 5]), 10_000);
    const third = join();
    await vi.waitFor(() => expect(third.heard.owned.size).toBe(2), 15_000);
    await vi.waitFor(() => expect([...guest.heard.owned, ...old.owned]).toHaveLength(4), 10_000);
    const [kept, others] = [[...old.owned], [...guest.heard.owned]];
    expect([1, 4, 5]).toEqual(expect.arrayContaining(kept));
    expect([0, 2, 3]).toEqual(expect.arrayContaining(others));
    await third.member.close(5_000);
    await vi.waitFor(() => expect([...guest.heard.owned, ...old.owned]).toHaveLength(6), 15_000);
    expect([...old.owned]).toEqual(expect.arrayContaining(kept));
    expect([...guest.heard.owned]).toEqual(expect.arrayContaining(others));
  });

  it('survives members that come and go: nothing is lost, and nothing is committed by two', async () => {
    const driver = openDriver();
    const topic = await freshTopic(driver, 3);
    const groupId = randomUUID();
    const next = new Map([0, 1, 2].map((partition) => [partition, 0n]));
    const seen = new Set<string>();
    const join = () => {
      const heard: Heard = new Heard(driver, topic, groupId, {
        records: async (partition, all) => {
          const last = all.at(-1)?.offset ?? -1n;
          for (const { offset } of all) seen.add(`${partition}:${offset}`);
          await member.commit([{ partition, offset: last + 1n }]).then(
            () => next.set(partition, last + 1n),
            () => undefined,
          );
        },
      });
      const member = driver.join(topic, groupId, heard);
      return { heard, member };
    };
    const first = join();
    let sent = 0;
    for (let round = 0; round < 4; round += 1) {
      const guest = join();
      await vi.waitFor(() => expect(guest.heard.owned.size).toBeGreaterThan(0), 15_000);
      const batch = [0, 1, 2].flatMap((partition) => records(5, partition));
      await driver.produce(topic, batch, 5_000);
      sent += batch.length;
      await guest.member.close(5_000);
    }
    await vi.waitFor(() => expect(seen.size).toBe(sent), 15_000);
    expect(first.heard.failures).toEqual([]);
  });
});

const FOREIGN_MEMBER = `
  const { Kafka } = require('kafkajs');
  const [broker, topic, groupId] = process.argv.slice(1);
  const consumer = new Kafka({ brokers: [broker], logLevel: 0 }).consumer({
    groupId, sessionTimeout: 2000, heartbeatInterval: 300, rebalanceTimeout: 8000, maxWaitTimeInMs: 100,
  });
  (async () => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let batches = 0;
    await consumer.run({ autoCommit: false, eachBatch: async ({ heartbeat }) => {
      if (++batches < 2) return;
      await consumer.commitOffsets([0, 1].map((partition) => ({ topic, partition, offset: '2' })));
      console.log('committed');
      for (;;) await new Promise((resolve) => setTimeout(resolve, 50));
    } });
  })();
`;
