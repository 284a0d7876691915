import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kafkaFailure, kafkaReason } from '../../src/kafka/kafka-failure.js';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { freshTopic, hasKafka, Heard, openDriver, record } from './start-driver.js';
import { startCertificates } from './start-certificates.js';

const certificates = hasKafka ? startCertificates() : undefined;

describe.skipIf(!certificates)('Kafka with plain passwords over TLS', () => {
  const alice = { mechanism: 'plain', username: 'alice', password: 'wonderland' } as const;
  const { ca = '' } = certificates ?? {};
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    if (!certificates) return;
    kafka = await startKafka({ sasl: { mechanism: 'plain', users: { alice: alice.password } }, tls: certificates });
  });
  afterAll(() => kafka.stop());

  it('works for who is known', async () => {
    const driver = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl: alice });
    const topic = await freshTopic(driver);
    await driver.produce(topic, [record('a')], 10_000);
    const heard = new Heard(driver, topic, randomUUID());
    driver.join(topic, heard.groupId, heard);
    await vi.waitFor(() => expect(heard.values).toEqual(['a']), 25_000);
  });

  it('refuses a wrong password, and says so without it', async () => {
    const sasl = { ...alice, password: 'looking-glass' };
    const driver = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl });
    const error: unknown = await driver.produce('t', [record('x')], 10_000).catch((reason: unknown) => reason);
    expect(kafkaFailure(error)).toBe('auth');
    expect(`${String(error)} ${kafkaReason(error)}`).not.toMatch(/looking-glass|wonderland/);
  });
});
