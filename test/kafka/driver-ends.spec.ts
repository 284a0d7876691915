import { randomUUID } from 'node:crypto';
import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { untilOver } from '../../src/kafka/until-over.js';
import { brokers, freshTopic, hasKafka, openDriver } from './start-driver.js';

const { roundRobin } = kafkajs.PartitionAssigners;

describe.skipIf(!hasKafka)('a consumer that ends in the moment in which the brokers change', () => {
  it('ends', async () => {
    await expect(endsAlone(untilOver)).resolves.toBe(true);
  });

  it('would otherwise keep the whole process busy for ever', async () => {
    await expect(endsAlone((assigner) => assigner)).resolves.toBe(false);
  });
});

async function endsAlone(protect: typeof untilOver): Promise<boolean> {
  const topic = await freshTopic(openDriver());
  let isRunning = false;
  let isOver = false;
  let ended: Promise<void> | undefined;
  let calls = 0;
  const ending: PartitionAssigner = (config) => {
    const { cluster } = config;
    const nodeIds = cluster.getNodeIds.bind(cluster);
    cluster.getNodeIds = () => {
      if (!isRunning) return nodeIds();
      isOver = true;
      ended ??= consumer.disconnect();
      calls += 1;
      // An error is what ends the loop, and the test.
      if (calls > 10_000) throw new Error('it asks for brokers again and again');
      return [...nodeIds(), 99];
    };
    return protect(roundRobin, () => isOver)(config);
  };
  const client = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = client.consumer({
    groupId: randomUUID(),
    partitionAssigners: [ending],
    maxWaitTimeInMs: 100,
    retry: { retries: 1, restartOnFailure: () => Promise.resolve(false) },
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachBatch: () => Promise.resolve() });
  isRunning = true;
  await vi.waitFor(() => expect(ended).toBeDefined(), 10_000);
  await ended;
  return calls <= 10_000;
}
