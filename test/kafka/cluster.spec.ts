import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { freshTopic, hasKafka, Heard, openDriver, record } from './start-driver.js';

describe.skipIf(!hasKafka)('a cluster of three brokers', () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    kafka = await startKafka({
      nodes: 3,
      // With one partition of offsets there is one coordinator for all groups.
      properties: {
        'broker.session.timeout.ms': 1_500,
        'broker.heartbeat.interval.ms': 300,
        'offsets.topic.num.partitions': 1,
      },
    });
  });
  afterAll(() => kafka.stop());

  it('goes on when the coordinator of the groups is killed: appends, members and commits', async () => {
    const driver = openDriver({ brokers: kafka.brokers });
    const topic = await freshTopic(driver, 3);
    const groupId = randomUUID();
    let committed = 0;
    const heard: Heard = new Heard(driver, topic, groupId, {
      records: async (partition, all) => {
        const last = all.at(-1)?.offset ?? -1n;
        await member.commit([{ partition, offset: last + 1n }]).then(
          () => (committed += 1),
          () => undefined,
        );
      },
    });
    const member = driver.join(topic, groupId, heard);
    const confirmed: string[] = [];
    const over = new AbortController();
    const producing = (async () => {
      for (let number = 0; !over.signal.aborted; number += 1) {
        const stored = driver.produce(topic, [record(String(number), number % 3)], 10_000);
        await stored.then(() => confirmed.push(String(number))).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await vi.waitFor(() => expect(committed).toBeGreaterThan(10), 20_000);
    const coordinator = await coordinatorOf(kafka.brokers);
    await kafka.nodes.find(({ id }) => id === coordinator)?.kill();
    const before = { committed, confirmed: confirmed.length };
    await vi.waitFor(() => expect(confirmed.length).toBeGreaterThan(before.confirmed + 10), 30_000);
    await vi.waitFor(() => expect(committed).toBeGreaterThan(before.committed + 10), 30_000);
    over.abort();
    await producing;
    await vi.waitFor(() => expect(new Set(heard.values)).toEqual(new Set([...heard.values, ...confirmed])), 20_000);
  }, 60_000);
});

async function coordinatorOf(brokers: readonly string[]): Promise<number | undefined> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] });
  await admin.disconnect();
  return topics[0]?.partitions[0]?.leader;
}
