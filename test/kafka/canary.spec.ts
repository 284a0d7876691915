import { Kafka, logLevel } from 'kafkajs';
import { kafkaChannel, kafkajsDriver } from 'nest-event-backbone/kafka';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { encryptedPromises, plainPromises, type Ground } from '../privacy/canary-promises.js';
import { nightsInMemory } from '../privacy/canary-nights.js';
import { KeepingRedis } from '../privacy/canary-redis.js';
import { allOf, filesIn, type Place } from '../privacy/canary-search.js';
import { hasServers } from './open-channel.js';

// Without a server the global set-up says why there is none.
describe.skipIf(!hasServers)('on Kafka,', () => {
  const redis = new KeepingRedis();
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    await redis.start();
    kafka = await startKafka();
  });
  afterAll(async () => {
    await redis.stop();
    await kafka.stop();
  });

  const payloadsOf = (environment: string) => redisPayloadStore({ url: redis.url, prefix: `payloads-${environment}` });
  const groundWith = (
    payloads: (environment: string) => 'record' | ReturnType<typeof redisPayloadStore>,
    restart: () => Promise<unknown>,
  ): Ground => ({
    open: (environment) => ({
      channel: kafkaChannel({
        ...{ brokers: kafka.brokers, sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000 },
        ...{ partitions: 2, payloads: payloads(environment) },
      }),
      ...nightsInMemory(),
    }),
    store: (environment) => redisPayloadStore({ url: redis.url, prefix: environment }),
    live: () => allOf(redis.live(), recordsIn(kafka.brokers)),
    disk: () => allOf(redis.disk(), filesIn(kafka.dir)),
    restart: async () => {
      await redis.restart();
      await restart();
    },
  });

  describe('the arguments in its records:', () => {
    encryptedPromises(
      groundWith(
        () => 'record',
        () => Promise.all(kafka.nodes.map((node) => node.restart())),
      ),
    );
  });

  describe('the arguments in a payload store:', () => {
    const ground = groundWith(payloadsOf, () => Promise.resolve());
    encryptedPromises(ground);
    plainPromises(ground, async ({ stream, id, field, value }) => {
      const store = payloadsOf(stream.environment);
      await store.put([{ eventId: id, field, value: Buffer.from(value) }]);
      await store.close();
    });
  });
});

/** Every record of every topic that is ours, as anybody may read it. */
async function* recordsIn(brokers: readonly string[]): AsyncGenerator<Place> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
  await admin.disconnect();
  const driver = kafkajsDriver({ brokers });
  try {
    for (const topic of topics) {
      const marks = await driver.watermarks(topic);
      const whole = marks.map(({ partition, low, high }) => ({ partition, from: low, to: high }));
      for await (const records of driver.read(topic, whole)) {
        for (const { key, value, headers } of records) {
          const others = Buffer.from(JSON.stringify(headers));
          yield { where: `topic ${topic}`, bytes: Buffer.concat([key ?? Buffer.of(), value ?? Buffer.of(), others]) };
        }
      }
    }
  } finally {
    await driver.close();
  }
}
